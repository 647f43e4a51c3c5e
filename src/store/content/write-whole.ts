import { writeSync } from 'node:fs';
import { BerthError, isErrno } from '#base/errors.ts';

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
