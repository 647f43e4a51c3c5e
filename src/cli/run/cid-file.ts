import { closeSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { isErrno } from '#base/errors.ts';
import { fileError } from '../file-error.ts';

/** The file of `--cidfile`. It is there, empty, while the container is created, and gone if that failed. */
export interface CidFile {
  write(id: string): void;
  /** Removes it unless the id was written. */
  close(): void;
}

const NONE: CidFile = { write() {}, close() {} };

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * @param given as the user wrote it; empty for no file
 * @throws Error in docker's words when it exists or cannot be made
 */
export function openCidFile(given: string, cwd: string): CidFile {
  if (given === '') return NONE;
  const path = resolve(cwd, given);
  if (exists(path))
    throw new Error(`container ID file found, make sure the other container isn't running or delete ${given}`);
  let fd: number;
  try {
    fd = openSync(path, 'wx', 0o666);
  } catch (error) {
    throw new Error(`failed to create the container ID file: ${fileError(error, given)}`);
  }
  let isWritten = false;
  return {
    write(id) {
      writeSync(fd, id);
      isWritten = true;
    },
    close() {
      closeSync(fd);
      if (isWritten) return;
      try {
        unlinkSync(path);
      } catch (error) {
        if (!isErrno(error, 'ENOENT'))
          throw new Error(`failed to remove the CID file '${given}': ${fileError(error, given)}`);
      }
    },
  };
}
