import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import type { ContainerMount } from './mount-spec.ts';

/**
 * Makes missing sources of `-v` binds, as Docker does, and refuses missing ones of `--mount`.
 *
 * @throws invalid with Docker's words
 */
export function prepareBindSources(mounts: readonly ContainerMount[]): void {
  for (const mount of mounts) {
    if (mount.type === 'tmpfs' || existsSync(mount.source)) continue;
    if (mount.type === 'volume') mkdirSync(mount.source, { recursive: true, mode: 0o755 });
    else if (mount.createSource) makeSource(mount.source);
    else {
      throw new BerthError(
        'invalid',
        'mount.source-missing',
        `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
      );
    }
  }
}

function makeSource(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
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
