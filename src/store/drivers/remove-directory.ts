import { lstatSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import type { FileWorkers } from '../worker/file-workers.ts';

/** Trees with more entries than this go to a worker; starting one costs more than removing a small tree at once. */
const ENTRIES_MAX = 200;

/**
 * Removes a file or directory that nobody uses any more, whatever bytes its names are made of. Small trees are removed here and
 * now: that takes less time than asking a thread.
 */
export async function removeDirectory(path: string, workers: FileWorkers): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    rmSync(path, { force: true });
    return;
  }
  try {
    if (removeSmall(Buffer.from(path), { entries: ENTRIES_MAX })) return;
  } catch (error) {
    // Deeper than a path can name, or someone else removes it too: the worker can deal with both.
    if (!isErrno(error, 'ENAMETOOLONG', 'ENOTEMPTY', 'ENOENT')) throw error;
  }
  await workers.run('removeTree', { path });
}

/** @returns false when there is more than the budget allows */
function removeSmall(path: Buffer, budget: { entries: number }): boolean {
  const entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  budget.entries -= entries.length;
  if (budget.entries < 0) return false;
  for (const entry of entries) {
    const child = Buffer.concat([path, Buffer.from('/'), entry.name]);
    if (!entry.isDirectory()) unlinkSync(child);
    else if (!removeSmall(child, budget)) return false;
  }
  rmdirSync(path);
  return true;
}
