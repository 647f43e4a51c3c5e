/** Names of the interfaces that Berth makes on the host; each at most 15 bytes, and different for different roots. */

/** The root whose devices have plain names. */
const PLAIN_ROOT = '/var/lib/berth';

/** FNV-1a in 64 bits: not for secrets, only so that the names of two roots differ. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) value = ((value ^ BigInt(byte)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn;
  return value.toString(16).padStart(16, '0');
}

/**
 * What a root's own things on the host are called: `berth` for the default root, else `berth-` and nine digits.
 *
 * @param root absolute
 */
export function rootName(root: string): string {
  return root === PLAIN_ROOT ? 'berth' : `berth-${hash(root).slice(0, 9)}`;
}

/** The bridge of a root's network `bridge`. */
export function defaultBridgeName(root: string): string {
  return root === PLAIN_ROOT ? 'berth0' : rootName(root);
}

/** The bridge of a network that a user made. @param id 64 hexadecimal digits */
export function bridgeName(id: string): string {
  return `br-${id.slice(0, 12)}`;
}

/** The parent of a macvlan or ipvlan network that has none of the user's. */
export function placeholderName(id: string): string {
  return `dm-${id.slice(0, 12)}`;
}

/** The other end of that parent. */
export function placeholderPeerName(id: string): string {
  return `dp-${id.slice(0, 12)}`;
}
