/** Ranges of addresses that share their first bits. */
import { type Address, formatAddress, parseAddress, widthOf } from './ip-address.ts';

/** A prefix; `value` may have bits beyond it until {@link masked} takes them off. */
export interface Subnet extends Address {
  /** How many first bits are shared. */
  readonly bits: number;
}

/** How many addresses there are, 2^n. */
export function sizeOf({ family, bits }: Pick<Subnet, 'family' | 'bits'>): bigint {
  return 1n << BigInt(widthOf(family) - bits);
}

/**
 * Reads `10.0.0.0/8` or `fd00::/64`, host bits kept.
 *
 * @returns undefined for anything else
 */
export function parseSubnet(text: string): Subnet | undefined {
  const slash = text.lastIndexOf('/');
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const bits = Number(length);
  return bits > widthOf(address.family) ? undefined : { ...address, bits };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet)}/${subnet.bits}`;
}

/** The same prefix without host bits. */
export function masked(subnet: Subnet): Subnet {
  return { ...subnet, value: subnet.value & ~(sizeOf(subnet) - 1n) };
}

/** The first and the last address of a prefix. */
export function boundsOf(subnet: Subnet): { readonly first: bigint; readonly last: bigint } {
  const first = masked(subnet).value;
  return { first, last: first + sizeOf(subnet) - 1n };
}

/** True when an address is in a subnet of its family. */
export function contains(subnet: Subnet, address: Address): boolean {
  const { first, last } = boundsOf(subnet);
  return subnet.family === address.family && address.value >= first && address.value <= last;
}

/** True when two prefixes have an address in common. */
export function overlaps(a: Subnet, b: Subnet): boolean {
  return contains(a, b.bits < a.bits ? a : masked(b)) && contains(b, b.bits < a.bits ? masked(a) : b);
}

/** A prefix of known-good text: what the database or a constant holds. @throws Error when it is none */
export function subnetOf(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new Error(`not a subnet: ${text}`);
  return masked(subnet);
}

/** An address of known-good text. @throws Error when it is none */
export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

/** What keeps a subnet's ends from being given out: IPv4's network and broadcast address, IPv6's router anycast (RFC 4291 2.6.1). */
export function unusableOf(subnet: Subnet): bigint[] {
  const { first, last } = boundsOf(subnet);
  if (subnet.family === 6) return subnet.bits >= 127 ? [] : [first];
  // RFC 3021: a /31 has two hosts and no broadcast; a /32 is one.
  return subnet.bits >= 31 ? [] : [first, last];
}
