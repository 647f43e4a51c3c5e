import { BerthError } from '#base/errors.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Bytes needed to tell. */
export const MAGIC_BYTES = 6;

/**
 * The compression of a stream by its first bytes.
 *
 * @throws unsupported for bzip2 and xz, which are recognised and not read
 */
export function detectCompression(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  // A frame, or a skippable frame before one (RFC 8878 section 3.1).
  if (isLittleEndian(head, 0xfd2fb528, 0xffffffff) || isLittleEndian(head, 0x184d2a50, 0xfffffff0)) return 'zstd';
  if (head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68) throw unsupported('bzip2');
  if (head[0] === 0xfd && head[1] === 0x37 && head[2] === 0x7a && head[3] === 0x58) throw unsupported('xz');
  return 'none';
}

function isLittleEndian(head: Uint8Array, value: number, mask: number): boolean {
  if (head.length < 4) return false;
  const word = ((head[0]! | (head[1]! << 8) | (head[2]! << 16) | (head[3]! << 24)) & mask) >>> 0;
  return word === (value & mask) >>> 0;
}

function unsupported(name: string): BerthError {
  return new BerthError('unsupported', 'archive.compression', `archives compressed with ${name} are not supported`, {
    hint: 'unpack it, or compress it with gzip or zstd',
  });
}
