import { chownSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import type { ContainerMount } from './mount-spec.ts';

/**
 * Makes missing sources of `-v` binds, as Docker does, and refuses missing ones of `--mount`. What is made belongs to who created
 * the container.
 *
 * @throws invalid with Docker's words
 */
export function prepareBindSources(mounts: readonly ContainerMount[]): void {
  for (const mount of mounts) {
    if (mount.type !== 'bind' || existsSync(mount.source)) continue;
    if (mount.createSource) makeSource(mount.source, mount.sourceOwner);
    else {
      throw new BerthError(
        'invalid',
        'mount.source-missing',
        `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
      );
    }
  }
}

function makeSource(path: string, owner: ContainerMount['sourceOwner']): void {
  try {
    makeOwned(path, owner);
  } catch (error) {
    // A dangling symbolic link is neither there nor can it be made.
    const dangling = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
    const why = dangling ? 'file exists' : (error as Error).message;
    throw new BerthError(
      'invalid',
      'mount.source',
      `error while creating mount source path '${path}': mkdir ${path}: ${why}`,
    );
  }
}

/** A directory with its missing parents, all of them the owner's. */
function makeOwned(path: string, owner: ContainerMount['sourceOwner']): void {
  if (existsSync(path)) return;
  makeOwned(dirname(path), owner);
  try {
    mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    // Another container's start made it just now.
    if (isErrno(error, 'EEXIST') && lstatSync(path).isDirectory()) return;
    throw error;
  }
  if (owner !== undefined && process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid);
}
