import { isIPv4, isIPv6 } from 'node:net';

/**
 * The normal form of an IP address, `undefined` when the text is none: lower case, the longest run of zeros left out,
 * an IPv4 address inside IPv6 as IPv4. White space around it is dropped; zones and brackets are not part of an address.
 */
export function normalIpAddress(text: string): string | undefined {
  const bare = text.trim();
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare) || bare.includes('%')) return undefined;
  const normal = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(normal);
  if (mapped === null) return normal;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** True for the forms of a hardware address that Go's `net.ParseMAC` takes: 6, 8 or 20 bytes with `:`, `-` or `.`. */
export function isHardwareAddress(text: string): boolean {
  const bare = text.trim();
  const bytes = [6, 8, 20];
  return bytes.some(
    (count) =>
      new RegExp(`^[0-9a-f]{2}(:[0-9a-f]{2}){${count - 1}}$`, 'i').test(bare) ||
      new RegExp(`^[0-9a-f]{2}(-[0-9a-f]{2}){${count - 1}}$`, 'i').test(bare) ||
      new RegExp(`^[0-9a-f]{4}(\\.[0-9a-f]{4}){${count / 2 - 1}}$`, 'i').test(bare),
  );
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
