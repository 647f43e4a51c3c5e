import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BerthError, isErrno } from '#base/errors.ts';

/** Bytes read from the disk at once. */
const READ_BYTES = 512 * 1024;

/**
 * Opens a blob's file; what is open stays readable when it is collected.
 *
 * @param range first and last byte; all when undefined
 * @throws data-loss when the file is gone */
export async function openFile(
  path: string,
  digest: string,
  range: { first: number; last: number } | undefined,
): Promise<Readable> {
  try {
    const file = await open(path, constants.O_RDONLY);
    const part = range === undefined ? {} : { start: range.first, end: range.last };
    return file.createReadStream({ ...part, highWaterMark: READ_BYTES });
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new BerthError('data-loss', 'blob.missing', `blob ${digest} is missing from the store`, { cause: error });
  }
}
