/** Internet addresses as numbers, and their one canonical text each. */

export type Family = 4 | 6;

/** One address. */
export interface Address {
  readonly family: Family;
  /** Below 2^32 or 2^128. */
  readonly value: bigint;
}

const GROUP_BITS = 16n;
const GROUPS = 8;

/** How many bits an address of a family has. */
export function widthOf(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // No leading zeros: some programs read those as octal.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

/** The 16-bit groups of a text without `::`; an IPv4 tail counts as two. */
function parseGroups(text: string): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const tail = i === parts.length - 1 ? parseV4(part) : undefined;
      if (tail === undefined) return undefined;
      groups.push(tail >> GROUP_BITS, tail & 0xffffn);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
      groups.push(BigInt(`0x${part}`));
    }
  }
  return groups;
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!);
  const tail = halves[1] === undefined ? [] : parseGroups(halves[1]);
  if (head === undefined || tail === undefined) return undefined;
  // An IPv4 tail may only stand at the very end.
  if (halves[1] !== undefined && halves[0]!.includes('.')) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (halves[1] === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<bigint>(missing).fill(0n), ...tail];
  return groups.reduce((value, group) => (value << GROUP_BITS) | group, 0n);
}

/**
 * Reads an address as `inet_pton` does: dotted decimal without leading zeros, or RFC 4291 text without a zone.
 *
 * @returns undefined for anything else
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined;
  const family: Family = text.includes(':') ? 6 : 4;
  const value = family === 6 ? parseV6(text) : parseV4(text);
  return value === undefined ? undefined : { family, value };
}

function formatV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

/** Where the longest run of zero groups is that `::` stands for: the first of several, at least two long. */
function longestZeros(groups: readonly bigint[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0n) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end);
  }
  return best;
}

function formatV6(value: bigint): string {
  if (value >> 32n === 0xffffn) return `::ffff:${formatV4(value & 0xffff_ffffn)}`;
  const groups = Array.from({ length: GROUPS }, (_, i) => (value >> (GROUP_BITS * BigInt(GROUPS - 1 - i))) & 0xffffn);
  const { start, length } = longestZeros(groups);
  const text = (part: readonly bigint[]) => part.map((group) => group.toString(16)).join(':');
  if (start < 0) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** The canonical text of an address: dotted decimal, or RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  return family === 4 ? formatV4(value) : formatV6(value);
}

/** The same address in canonical text; undefined for what is none. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}
