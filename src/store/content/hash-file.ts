import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';

export interface HashedFile {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

const PIECE = 1024 * 1024;

/** Digest and size of a file, undefined when there is none. Runs in a worker. */
export function hashFile({ path }: { readonly path: string }): HashedFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(PIECE);
    let size = 0;
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      hash.update(buffer.subarray(0, count));
      size += count;
    }
    return { digest: `sha256:${hash.digest('hex')}`, size };
  } finally {
    closeSync(fd);
  }
}
