import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';
import type { EngineContext } from '../context.ts';
import { isTokenAlive } from '../state/process-token.ts';
import { removeVolume } from './remove-volume.ts';
import { ASIDE, finishRename, isInWork, putAside, volumesDirectory } from './volume-directory.ts';

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * Directories that no volume has: of creators and removers that were killed, and of those that are at work. Call inside a
 * transaction, or those that are being made count as well.
 */
export function unownedDirectories(context: EngineContext): string[] {
  const owned = new Set(context.volumes.all().flatMap(({ name, directory }) => [name, directory]));
  return namesIn(volumesDirectory(context.root)).filter((name) => !owned.has(name) && !isInWork(name));
}

/** Finishes what killed processes left: renames, removals, directories without a volume. */
export async function sweepVolumes(context: EngineContext): Promise<void> {
  for (const row of context.volumes.all()) {
    finishRename(context, row);
    if (row.status === 'removing' && !isTokenAlive(row.remover)) await removeVolume(context, row.name);
  }
  const aside = context.sql.transaction(() =>
    unownedDirectories(context).map((name) =>
      name.startsWith(ASIDE) ? join(volumesDirectory(context.root), name) : putAside(context, name),
    ),
  );
  for (const path of aside) if (path !== undefined) await context.trees.remove(path);
}
