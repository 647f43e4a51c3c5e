import { closeSync, openSync, readSync } from 'node:fs';
import { type Compression, detectCompression, MAGIC_BYTES } from './compression.ts';

const PIECE = 512 * 1024;

/** The bytes of a file in pieces. For worker threads: it reads synchronously. */
export async function* readBlob(path: string): AsyncIterable<Uint8Array> {
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      // A piece of its own each time: whoever inflates it may still hold the one before.
      const buffer = Buffer.allocUnsafeSlow(PIECE);
      const count = readSync(fd, buffer);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

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
