import { closeSync, openSync, readSync } from 'node:fs';

/**
 * Random bytes from the kernel's generator (urandom(4)). Node's own come with the whole of its crypto module, which takes
 * longer to load than a container to start.
 */
export function randomBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const fd = openSync('/dev/urandom', 'r');
  try {
    for (let at = 0; at < length; ) at += readSync(fd, bytes, at, length - at, null);
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** A random integer of 0 to `limit` - 1; every one as likely as the next, to within 1 in 2^32 / limit. */
export function randomInt(limit: number): number {
  return Math.floor((randomBytes(6).readUIntBE(0, 6) / 2 ** 48) * limit);
}
