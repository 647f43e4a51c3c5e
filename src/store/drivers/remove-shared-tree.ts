import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import type { FileWorkers } from '../worker/file-workers.ts';

/** More entries than this are removed by a worker, so that nothing else has to wait. */
const ENTRIES_MAX = 200;

/**
 * Removes a directory that is the engine's own, with directories in it whose content somebody may be changing at this moment: no
 * name in that content is resolved as a part of a path. What is flat and small is removed here and now, the rest by descriptor in
 * a worker.
 *
 * @param path nothing happens when it is not there
 */
export async function removeSharedTree(path: string, workers: FileWorkers): Promise<void> {
  try {
    if (removeFlat(Buffer.from(path), { entries: ENTRIES_MAX, depth: 1 })) return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR', 'EPERM')) throw error;
  }
  await workers.run('removeTree', { path });
}

/**
 * Two levels at most: the directory is ours and so are the names in it; in a directory below, names are only unlinked.
 *
 * @returns false when there is more
 */
function removeFlat(path: Buffer, budget: { entries: number; depth: number }): boolean {
  const entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  budget.entries -= entries.length;
  if (budget.entries < 0) return false;
  for (const entry of entries) {
    const child = Buffer.concat([path, Buffer.from('/'), entry.name]);
    if (!entry.isDirectory()) unlinkSync(child);
    else if (budget.depth === 0) rmdirSync(child);
    else if (!removeFlat(child, { entries: budget.entries, depth: budget.depth - 1 })) return false;
  }
  rmdirSync(path);
  return true;
}
