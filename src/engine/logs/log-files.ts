/** The files of one json-file log: the current one and the rotated ones, plain or compressed. */
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { isErrno } from '#base/errors.ts';

/** One file of a log, open, so that rotation cannot take it away. */
export interface LogFile {
  readonly handle: FileHandle;
  readonly compressed: boolean;
  readonly inode: bigint;
}

/** More rotated files than anybody keeps; a bound for a loop over names. */
const MOST_FILES = 10_000;
/** Rotation while the files are being opened means starting again; it cannot happen that often. */
const MOST_TRIES = 20;

async function openIfThere(path: string, compressed: boolean): Promise<LogFile | undefined> {
  try {
    const handle = await open(path, 'r');
    const { ino } = await handle.stat({ bigint: true });
    return { handle, compressed, inode: ino };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Opens the current file of a log; `undefined` when nothing was logged yet. */
export function openCurrent(path: string): Promise<LogFile | undefined> {
  return openIfThere(path, false);
}

/** The inode that `path` names now; `undefined` for none. */
export async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export async function closeFiles(files: readonly LogFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.handle.close()));
}

async function openOnce(path: string): Promise<LogFile[]> {
  const current = await openIfThere(path, false);
  const files = current === undefined ? [] : [current];
  for (let n = 1; n < MOST_FILES; n++) {
    const rotated = (await openIfThere(`${path}.${n}`, false)) ?? (await openIfThere(`${path}.${n}.gz`, true));
    if (rotated === undefined) break;
    files.push(rotated);
  }
  return files.reverse();
}

/**
 * Opens all files of a log as they are at one moment.
 *
 * @param path the current file; rotated ones are `<path>.1` (newest), `<path>.2`, each perhaps with `.gz`
 * @returns oldest first; none when nothing was logged yet
 */
export async function openLogFiles(path: string): Promise<LogFile[]> {
  for (let attempt = 1; ; attempt++) {
    const files = await openOnce(path);
    // Unchanged current file: no rotation moved names under us.
    if ((await inodeOf(path)) === files.at(-1)?.inode || attempt === MOST_TRIES) return files;
    await closeFiles(files);
  }
}
