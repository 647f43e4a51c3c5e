/** A file that appears under its name when it is complete, and not at all otherwise. */

import { randomBytes } from 'node:crypto';
import { constants, createWriteStream, lstatSync, openSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isErrno } from '#base/errors.ts';
import { fileError } from '../file-error.ts';

/** Bytes per write: large archives go through here. */
const CHUNK = 1024 * 1024;

function goStat(path: string, given: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw new Error(`invalid output path: ${fileError(error, given)}`);
  }
}

/** @throws Error in docker's words when nothing can be written there */
function checkTarget(given: string, path: string): void {
  const parent = dirname(given);
  if (parent !== '.' && parent !== '..' && !goStat(dirname(path), parent).isDirectory())
    throw new Error(`invalid output path: stat ${parent}: not a directory`);
  let found: ReturnType<typeof lstatSync>;
  try {
    found = lstatSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw new Error(`failed to stat output path: ${fileError(error, given)}`);
  }
  if (found.isFile()) return;
  const kinds = [
    [found.isDirectory(), 'a directory'],
    [found.isSymbolicLink(), 'a symbolic link directly'],
    [found.isFIFO(), 'a named pipe (FIFO)'],
    [found.isSocket(), 'a socket'],
    [found.isCharacterDevice(), 'a character device file'],
    [found.isBlockDevice(), 'a block device file'],
  ] as const;
  throw new Error(`cannot write to ${kinds.find(([is]) => is)?.[1] ?? 'it'}`);
}

/**
 * Checks where a file is to be written and opens a temporary one beside it, for the owner only.
 *
 * @param given as the user wrote it
 * @returns `fill` writes it all and gives it its name; `discard` takes it away if it was not filled
 * @throws Error in docker's words
 */
export function openOutputFile(given: string, cwd: string) {
  const path = resolve(cwd, given);
  checkTarget(given, path);
  const temporary = join(dirname(path), `.tmp-${basename(path)}${randomBytes(5).toString('hex')}`);
  const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  const file = createWriteStream(temporary, { fd, highWaterMark: CHUNK });
  let isNamed = false;
  return {
    async fill(source: Readable): Promise<void> {
      await pipeline(source, file);
      renameSync(temporary, path);
      isNamed = true;
    },
    discard(): void {
      file.destroy();
      if (isNamed) return;
      try {
        unlinkSync(temporary);
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error;
      }
    },
  };
}
