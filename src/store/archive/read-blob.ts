import { closeSync, openSync, readSync } from 'node:fs';
import { type Compression, detectCompression, MAGIC_BYTES } from './compression.ts';

/** The compression of a file by its first bytes. */
export function detectFileCompression(path: string): Compression {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(MAGIC_BYTES);
    return detectCompression(head.subarray(0, readSync(fd, head)));
  } finally {
    closeSync(fd);
  }
}
