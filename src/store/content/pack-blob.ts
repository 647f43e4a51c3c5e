import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { FilePieces } from '../archive/file-pieces.ts';
import type { SpooledBlob } from './content-store.ts';
import { writeWhole } from './write-whole.ts';

/** Twice as fast as zlib's own choice, for a twentieth more bytes. */
const LEVEL = 3;

/** Compresses a file with gzip into a new one. The same bytes always give the same bytes. Runs in a worker. */
export async function packBlob(job: { readonly from: string; readonly path: string }): Promise<SpooledBlob> {
  const fd = openSync(job.path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let size = 0;
    const packed = Readable.from(new FilePieces(job.from), { objectMode: false, highWaterMark: 1024 * 1024 }).pipe(
      createGzip({ level: LEVEL, chunkSize: 256 * 1024 }),
    );
    for await (const piece of packed as AsyncIterable<Buffer>) {
      hash.update(piece);
      writeWhole(fd, piece);
      size += piece.length;
    }
    return { path: job.path, digest: `sha256:${hash.digest('hex')}`, size };
  } finally {
    closeSync(fd);
  }
}
