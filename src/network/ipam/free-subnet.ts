/** Which subnet a new network gets when nobody says: the first that nothing on the machine uses. */
import { boundsOf, overlaps, type Subnet, sizeOf, subnetOf } from '#base/ip-subnet.ts';

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

interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

/** The first free subnet of one stretch. @param occupied sorted by where they begin */
function firstFree({ first, last, bits, family }: Stretch, occupied: readonly Interval[]): Subnet | undefined {
  const step = sizeOf({ family, bits });
  let value = first;
  for (const obstacle of occupied) {
    if (obstacle.last < value) continue;
    if (obstacle.first > value + step - 1n) break;
    // What is in the way is jumped over as a whole, to the next multiple of the size.
    value = ((obstacle.last + step) / step) * step;
  }
  return value + step - 1n > last ? undefined : { family, bits, value };
}

/**
 * Chooses a subnet.
 *
 * @param occupied what routes, addresses and other networks use, of either family
 * @returns undefined when every source is used up
 */
export function chooseSubnet(sources: readonly PoolSource[], occupied: readonly Subnet[]): Subnet | undefined {
  const sorted = (wanted: 4 | 6) =>
    occupied
      .filter(({ family }) => family === wanted)
      .map(boundsOf)
      .sort((a, b) => (a.first < b.first ? -1 : 1));
  const intervals = { 4: sorted(4), 6: sorted(6) };
  for (const stretch of sources.flatMap(stretchesOf)) {
    const found = firstFree(stretch, intervals[stretch.family]);
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
