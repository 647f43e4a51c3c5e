import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import type { FilesystemChange } from '#spec/docker-api/images.ts';
import { showByteText, toByteText } from '#spec/tar/byte-text.ts';
import { splitPath } from '#spec/tar/clean-path.ts';
import { closeFd, openAt } from '#sys/files/at-calls.ts';
import { DirectoryCache } from '#sys/files/directory-cache.ts';
import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from '#sys/files/flags.ts';
import { mountDetachedOverlay } from '#sys/files/overlay-mount.ts';
import type { TreeMember } from '../archive/tree-member.ts';
import { treeToTar, type Whiteout } from '../archive/tree-to-tar.ts';
import type { SpooledBlob } from '../content/content-store.ts';
import { writeWhole } from '../content/write-whole.ts';
import { type Change, findChanges, type TreeForm } from './find-changes.ts';

export interface ChangesJob {
  /** Directory the container writes into. */
  readonly tree: string;
  readonly form: TreeForm;
  /** Directories of its image's layers, topmost first; of a copy only the topmost, which is whole. */
  readonly image: readonly string[];
}

/** Runs in a worker. @returns sorted by path */
export function listChanges(job: ChangesJob): FilesystemChange[] {
  return withChanges(job, (changes) =>
    changes.map(({ kind, path }) => ({ Kind: kind, Path: `/${showByteText(path)}` })),
  ).sort((a, b) => (a.Path < b.Path ? -1 : a.Path > b.Path ? 1 : 0));
}

/** Writes the changes as a layer's archive into a file. Runs in a worker. */
export function packChanges(job: ChangesJob & { readonly path: string }): SpooledBlob {
  return withChanges(job, (changes, tree) => {
    const hash = createHash('sha256');
    const fd = openSync(job.path, 'wx', 0o600);
    let size = 0;
    try {
      for (const piece of treeToTar(membersOf(changes, tree))) {
        hash.update(piece);
        writeWhole(fd, piece);
        size += piece.length;
      }
    } finally {
      closeSync(fd);
    }
    return { path: job.path, digest: `sha256:${hash.digest('hex')}`, size };
  });
}

function withChanges<T>(job: ChangesJob, use: (changes: Change[], tree: number) => T): T {
  const tree = open(job.tree);
  try {
    const image = openImage(job);
    try {
      return use(findChanges(tree, image, job.form), tree);
    } finally {
      if (image !== undefined) closeFd(image);
    }
  } finally {
    closeFd(tree);
  }
}

function openImage({ image, form }: ChangesJob): number | undefined {
  const top = image[0];
  if (top === undefined) return undefined;
  return form === 'copy' || image.length === 1 ? open(top) : mountDetachedOverlay({ lower: image });
}

function open(path: string): number {
  return openAt(AT_FDCWD, toByteText(path), O_RDONLY | O_DIRECTORY);
}

function* membersOf(changes: readonly Change[], tree: number): Generator<TreeMember | Whiteout, void, void> {
  using directories = new DirectoryCache(tree);
  for (const { kind, path, stat } of changes) {
    const { directory, name } = splitPath(path);
    if (kind === 2) yield { whiteout: directory === '' ? `.wh.${name}` : `${directory}/.wh.${name}` };
    else yield { dir: directories.get(directory), name, path, stat };
  }
}
