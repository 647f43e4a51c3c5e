import { lstatSync } from 'node:fs';
import { readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { isErrno } from '#base/errors.ts';
import type { FileWorkers } from '../worker/file-workers.ts';

/** Trees with more directories than this go to a worker; starting one costs more than removing a small tree. */
const DIRECTORIES_MAX = 200;

/**
 * Removes a directory, or a file, that nobody uses any more, whatever bytes its names are made of. Small trees are removed here without
 * waiting for a thread to start.
 */
export async function removeDirectory(path: string, workers: FileWorkers): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    await rm(path, { force: true });
    return;
  }
  const budget = { directories: DIRECTORIES_MAX };
  try {
    if (await removeSmall(Buffer.from(path), budget)) return;
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) {
      await unlink(path);
      return;
    }
    // Deeper than a path can name, or someone else removes it too: the worker can deal with both.
    if (!isErrno(error, 'ENAMETOOLONG', 'ENOTEMPTY', 'ENOENT')) throw error;
  }
  await workers.run('removeTree', { path });
}

async function removeSmall(path: Buffer, budget: { directories: number }): Promise<boolean> {
  budget.directories -= 1;
  if (budget.directories < 0) return false;
  const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  for (const entry of entries) {
    const child = Buffer.concat([path, Buffer.from('/'), entry.name]);
    if (!entry.isDirectory()) await unlink(child);
    else if (!(await removeSmall(child, budget))) return false;
  }
  await rmdir(path);
  return true;
}
