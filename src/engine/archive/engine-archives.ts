import type { Readable } from 'node:stream';
import { finished } from 'node:stream';
import { BerthError, isBerthError, messageOf } from '#base/errors.ts';
import type { ContainerConfig, Loose } from '#spec/docker-api/containers.ts';
import type { CommitOptions, FilesystemChange } from '#spec/docker-api/images.ts';
import { familiarReference, parseReference, withDefaultTag } from '#spec/reference.ts';
import { toByteText } from '#spec/tar/byte-text.ts';
import type { FoundPath } from '#store/archive/find-path.ts';
import type { Containers, LocatedContainer } from '../containers/api.ts';
import type { NewEvent } from '../events/api.ts';
import type { Archives, PutOptions } from './api.ts';
import { committedName } from './commit-container.ts';
import { absolutePath, type PlacedPath, placePath, type RootParts } from './container-root.ts';
import { lastPart, pathStat } from './path-stat.ts';

/** Owner that `docker cp -a` gives to what it copies. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface ArchivesParts extends RootParts {
  readonly containers: Pick<Containers, 'locate' | 'pause' | 'unpause'>;
  /** The user that a container's configuration names, looked up in its own account files. */
  readonly ownerOf: (container: LocatedContainer) => Promise<FileOwner | undefined>;
  readonly changesOf: (containerId: string) => Promise<FilesystemChange[]>;
  readonly commit: (
    container: LocatedContainer,
    options: CommitOptions,
    config: Loose<ContainerConfig> | undefined,
  ) => Promise<string>;
  readonly emit: (event: NewEvent) => void;
}

function noSuchFile(path: string, ref: string): BerthError {
  return new BerthError('not-found', 'archive.not-found', `Could not find the file ${path} in container ${ref}`);
}

async function findIn(parts: ArchivesParts, place: PlacedPath, path: string, ref: string): Promise<FoundPath> {
  const found = await parts.trees.find(place.root, place.path);
  if (found !== undefined) return found;
  const file = await parts.trees.find(place.root, place.path.replace(/(.)\/+\.?$/, '$1'));
  if (file === undefined || file.linkTarget !== '') throw noSuchFile(path, ref);
  throw new BerthError('invalid', 'archive.not-directory', `${path} in container ${ref}: not a directory`);
}

function note(parts: ArchivesParts, container: LocatedContainer, action: string, extra: Record<string, string> = {}) {
  const attributes = { ...container.labels, image: container.image, name: container.name, ...extra };
  parts.emit({ type: 'container', action, id: container.id, attributes });
}

/** Closes a root when a stream that reads from it is over, however it ends. */
function closeAfter(stream: Readable, root: Disposable, abort: AbortSignal | undefined): Readable {
  finished(stream, { writable: false }, () => root[Symbol.dispose]());
  abort?.addEventListener('abort', () => stream.destroy(), { once: true });
  return stream;
}

async function get(parts: ArchivesParts, ref: string, path: string, abort?: AbortSignal) {
  const container = await parts.containers.locate(ref);
  const absolute = absolutePath(path);
  const place = await placePath(parts, container, absolute, false);
  try {
    const found = await findIn(parts, place, path, ref);
    const job = {
      root: place.root.fd,
      directory: found.directory,
      member: found.member,
      name: toByteText(lastPart(absolute)),
    };
    const stream = closeAfter(parts.trees.pack(job), place, abort);
    note(parts, container, 'archive-path');
    return { stream, stat: pathStat(absolute, found) };
  } catch (error) {
    place[Symbol.dispose]();
    throw error;
  }
}

/** Why a path is no folder to unpack into: it is something else, or nothing. */
async function noFolder(parts: ArchivesParts, place: PlacedPath, path: string, ref: string): Promise<BerthError> {
  let file = await parts.trees.find(place.root, place.path.replace(/(.)\/$/, '$1'));
  if (file !== undefined && file.linkTarget !== '') file = await parts.trees.find(place.root, file.linkTarget);
  if (file === undefined) return noSuchFile(path, ref);
  return new BerthError('invalid', 'archive.not-directory', 'extraction point is not a directory');
}

async function put(parts: ArchivesParts, ref: string, path: string, tar: Readable, options: PutOptions): Promise<void> {
  const container = await parts.containers.locate(ref);
  // A link as the last part leads to the folder that is meant.
  const absolute = absolutePath(`${path}/`);
  using place = await placePath(parts, container, absolute, true);
  const found = await parts.trees.find(place.root, place.path);
  if (found === undefined) throw await noFolder(parts, place, path, ref);
  const owner = options.copyUidGid ? await parts.ownerOf(container) : undefined;
  const job = {
    root: place.root.fd,
    directory: found.directory,
    shownDirectory: absolute.replace(/(.)\/$/, '$1'),
    keepKinds: options.noOverwriteDirNonDir ?? false,
    owner,
  };
  await parts.trees.unpack(job, tar);
  note(parts, container, 'extract-to-dir');
}

async function exportRoot(parts: ArchivesParts, ref: string, abort?: AbortSignal): Promise<Readable> {
  const container = await parts.containers.locate(ref);
  // Without what is mounted in it: a mount of its own, also beside the one of a running container.
  const root = await parts.trees.openRootfs(await parts.rootfsOf(container.id), false);
  const job = { root: root.fd, directory: '', member: undefined, name: '' };
  const stream = closeAfter(parts.trees.pack(job), root, abort);
  note(parts, container, 'export');
  return stream;
}

/** @returns false when it has ended meanwhile, which is as good */
async function pauseIfRunning(parts: ArchivesParts, id: string): Promise<boolean> {
  try {
    await parts.containers.pause(id);
    return true;
  } catch (error) {
    if (isBerthError(error, 'conflict') && error.code === 'container.not-running') return false;
    throw error;
  }
}

/** What had died when it was frozen is recorded as ended by now. */
async function unpauseIfPaused(parts: ArchivesParts, id: string): Promise<void> {
  try {
    await parts.containers.unpause(id);
  } catch (error) {
    if (!isBerthError(error, 'conflict') || error.code !== 'container.not-paused') throw error;
  }
}

async function commit(
  parts: ArchivesParts,
  ref: string,
  options: CommitOptions,
  config: Loose<ContainerConfig> | undefined,
): Promise<string> {
  const container = await parts.containers.locate(ref);
  const wantsPause = (options.pause ?? true) && container.running && !container.paused;
  const pauses = wantsPause && (await pauseIfRunning(parts, container.id));
  let id: string;
  try {
    id = await parts.commit(container, options, config);
  } finally {
    if (pauses) await unpauseIfPaused(parts, container.id);
  }
  const name = committedName(options);
  if (name !== undefined)
    parts.emit({ type: 'image', action: 'tag', id, attributes: { ...container.labels, name: withTag(name) } });
  note(parts, container, 'commit', { comment: options.comment ?? '', imageID: id, imageRef: withTag(name ?? '') });
  return id;
}

function withTag(name: string): string {
  return name === '' ? '' : familiarReference(withDefaultTag(parseReference(name)));
}

/** Turns failures of the system on what a user named into errors that say so. */
async function explained<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) throw error;
    throw new BerthError('internal', 'archive.failed', `${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** The file systems of containers as archives. */
export function createArchives(parts: ArchivesParts): Archives {
  return {
    get: (ref, path, abort) => explained(`copy ${path} from container ${ref}`, get(parts, ref, path, abort)),
    async stat(ref, path) {
      const container = await parts.containers.locate(ref);
      const absolute = absolutePath(path);
      using place = await placePath(parts, container, absolute, false);
      return pathStat(absolute, await findIn(parts, place, path, ref));
    },
    put: (ref, path, tar, options = {}) =>
      explained(`copy to ${path} of container ${ref}`, put(parts, ref, path, tar, options)),
    export: (ref, abort) => explained(`export container ${ref}`, exportRoot(parts, ref, abort)),
    changes: async (ref) => parts.changesOf((await parts.containers.locate(ref)).id),
    commit: (ref, options = {}, config) => commit(parts, ref, options, config),
  };
}
