import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { ExitFailure } from '../failure.ts';
import { fileError } from '../file-error.ts';

/** Bytes per read: large archives come from here. */
const CHUNK = 1024 * 1024;

/** @param given as the user wrote it. @throws ExitFailure of status 1 in docker's words */
export async function openInputFile(given: string, cwd: string): Promise<Readable> {
  try {
    const handle = await open(resolve(cwd, given));
    return createReadStream('', { fd: handle, highWaterMark: CHUNK });
  } catch (error) {
    throw new ExitFailure(1, fileError(error, given));
  }
}
