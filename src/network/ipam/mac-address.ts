/** Hardware addresses of endpoints. */
import type { Address } from '#base/ip-address.ts';

const hex = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');

/**
 * A locally administered address made from an IPv4 address: `02:42:` and its four bytes. When an address is used again by
 * another container, its neighbours' caches are still right.
 */
export function macOfIpv4({ value }: Address): string {
  return hex([0x02, 0x42, ...[24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 0xffn))]);
}

/** A random locally administered unicast address. @param random at least 5 bytes */
export function randomMac(random: Uint8Array): string {
  return hex([0x02, ...random.subarray(0, 5)]);
}

/**
 * A hardware address of six bytes in the form that the kernel and Docker print.
 *
 * @returns undefined for what is none
 */
export function canonicalMac(text: string): string | undefined {
  if (/^([0-9a-f]{2}([:-])){5}[0-9a-f]{2}$/i.test(text)) return text.toLowerCase().replaceAll('-', ':');
  const dotted = /^([0-9a-f]{4})\.([0-9a-f]{4})\.([0-9a-f]{4})$/i.exec(text);
  if (dotted === null) return undefined;
  return dotted
    .slice(1)
    .join('')
    .toLowerCase()
    .replace(/(..)(?=.)/g, '$1:');
}
