import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { BerthError, invariant, isErrno } from '#base/errors.ts';
import { receiveBytes } from '../worker/byte-port.ts';
import type { SpooledBlob } from './content-store.ts';

/** Writes the bytes that come through the port into a new file and takes their digest. Runs in a worker. */
export async function spoolBlob(job: { readonly path: string }, port: MessagePort | undefined): Promise<SpooledBlob> {
  invariant(port !== undefined, 'spooling needs a port');
  const hash = createHash('sha256');
  const fd = openSync(job.path, 'wx', 0o600);
  let size = 0;
  try {
    for await (const piece of receiveBytes(port)) {
      hash.update(piece);
      writeWhole(fd, piece);
      size += piece.length;
    }
  } finally {
    closeSync(fd);
  }
  return { path: job.path, digest: `sha256:${hash.digest('hex')}`, size };
}

/** @throws unavailable when the disk is full */
export function writeWhole(fd: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (error) {
    if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new BerthError('unavailable', 'store.full', 'cannot store the image: no space left on device', {
      cause: error,
    });
  }
}
