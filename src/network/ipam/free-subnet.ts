/** Which subnet a new network gets when nobody says: the first that nothing on the machine uses. */
import { boundsOf, overlaps, type Subnet, sizeOf, subnetOf } from './subnet.ts';

/** Addresses to cut subnets from. */
export interface PoolSource {
  /** `172.16.0.0/12` */
  readonly base: string;
  /** Prefix length of the subnets. */
  readonly size: number;
  /** Where the search begins; the base's start when absent. What lies before it is looked at last. */
  readonly from?: string;
}

/**
 * A /22 has room for the 1023 ports of a kernel bridge; small, so that hundreds of networks and the user's VPN fit side by side.
 * 10.0.0.0/8 comes last: companies use it.
 */
export const DEFAULT_SOURCES: readonly PoolSource[] = [
  { base: '172.16.0.0/12', size: 22, from: '172.17.0.0/22' },
  { base: '192.168.0.0/16', size: 22 },
  { base: '10.0.0.0/8', size: 22 },
];

/** A range to search, and of what size its subnets are. */
interface Stretch {
  readonly first: bigint;
  readonly last: bigint;
  readonly bits: number;
  readonly family: 4 | 6;
}

function stretchesOf(source: PoolSource): Stretch[] {
  const base = subnetOf(source.base);
  const { first, last } = boundsOf(base);
  const part = (from: bigint, to: bigint): Stretch => ({
    first: from,
    last: to,
    bits: source.size,
    family: base.family,
  });
  if (source.from === undefined) return [part(first, last)];
  const start = subnetOf(source.from).value;
  return start === first ? [part(first, last)] : [part(start, last), part(first, start - 1n)];
}

/** The first free subnet of one stretch. What is in the way is jumped over as a whole, so that a /8 does not take 16,384 steps. */
function firstFree(stretch: Stretch, occupied: readonly Subnet[]): Subnet | undefined {
  const { bits, family } = stretch;
  const step = sizeOf({ family, bits });
  for (let value = stretch.first; value + step - 1n <= stretch.last; ) {
    const candidate: Subnet = { family, bits, value };
    const obstacle = occupied.find((other) => overlaps(other, candidate));
    if (obstacle === undefined) return candidate;
    const beyond = boundsOf(obstacle).last + 1n;
    value = beyond <= value + step ? value + step : ((beyond + step - 1n) / step) * step;
  }
  return undefined;
}

/**
 * Chooses a subnet.
 *
 * @param occupied what routes, addresses and other networks use, of either family
 * @returns undefined when every source is used up
 */
export function chooseSubnet(sources: readonly PoolSource[], occupied: readonly Subnet[]): Subnet | undefined {
  for (const stretch of sources.flatMap(stretchesOf)) {
    const relevant = occupied.filter(({ family }) => family === stretch.family);
    const found = firstFree(stretch, relevant);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How often a random /64 is drawn before giving up; the odds of two in a row being used are nil. */
const DRAWS = 32;

/**
 * A random unique local /64 (RFC 4193: fd00::/8, 40 random bits and a subnet number).
 *
 * @param random 7 bytes at each call
 */
export function chooseUniqueLocal(random: () => Uint8Array, occupied: readonly Subnet[]): Subnet | undefined {
  for (let i = 0; i < DRAWS; i++) {
    const bytes = random().subarray(0, 7);
    const prefix = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0xfdn);
    const candidate: Subnet = { family: 6, bits: 64, value: prefix << 64n };
    if (!occupied.some((other) => other.family === 6 && overlaps(other, candidate))) return candidate;
  }
  return undefined;
}
