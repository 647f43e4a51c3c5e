/** Where the files of a container are: in a running one what its process sees, else its root file system and its mounts. */
import { statSync } from 'node:fs';
import { BerthError, isErrno } from '#base/errors.ts';
import type { MountPoint } from '#spec/docker-api/containers.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import type { OpenRoot, Trees } from '#store/trees.ts';
import type { LocatedContainer } from '../containers/api.ts';

export interface RootParts {
  readonly trees: Trees;
  readonly rootfsOf: (containerId: string) => Promise<RootfsMount>;
  /** Where on the host what is mounted there lies. @throws unsupported when only a running container sees it */
  readonly mountPlace: (containerId: string, mount: MountPoint) => MountPlace;
}

/** A directory, and the path in it that is mounted; empty for the directory itself. */
export interface MountPlace {
  readonly directory: string;
  readonly subpath: string;
}

/** A root, and a path in it that is the one asked for in the container. */
export interface PlacedPath extends Disposable {
  readonly root: OpenRoot;
  readonly path: string;
}

/** A path made absolute, with `.` and `..` resolved by name; a slash or `/.` at its end stays. */
export function absolutePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const clean = `/${parts.join('/')}`;
  if (/(?:^|\/)\.$/.test(path)) return clean === '/' ? '/.' : `${clean}/.`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}

function placed(root: OpenRoot, path: string): PlacedPath {
  return { root, path, [Symbol.dispose]: () => root[Symbol.dispose]() };
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The mount of a stopped container that a path lies in. A path that leads there through a link is not seen as such. */
function mountAt(mounts: readonly MountPoint[], path: string): MountPoint | undefined {
  const around = mounts
    .filter((mount) => (mount.Type === 'bind' || mount.Type === 'volume') && isBelow(path, mount.Destination))
    .sort((a, b) => b.Destination.length - a.Destination.length);
  return around.find((mount) => isDirectory(mount.Source));
}

function readOnlyError(what: string): BerthError {
  return new BerthError('forbidden', 'container.read-only', what);
}

/**
 * Opens what a path of a container is in.
 *
 * @param path absolute, see {@link absolutePath}
 * @throws forbidden when it shall be written and is read-only
 */
export async function placePath(
  parts: RootParts,
  container: LocatedContainer,
  path: string,
  writable: boolean,
): Promise<PlacedPath> {
  const facts = container.inspect();
  const mount = mountAt(facts.Mounts, path);
  if (writable && mount === undefined && facts.HostConfig.ReadonlyRootfs)
    throw readOnlyError('container rootfs is marked read-only');
  if (writable && mount !== undefined && !mount.RW) throw readOnlyError('mounted volume is marked read-only');
  if (container.running) {
    try {
      return placed(parts.trees.openProcessRoot(container.pid), path);
    } catch (error) {
      // It ended just now: its files are those of a stopped container.
      if (!isErrno(error, 'ENOENT', 'ESRCH')) throw error;
    }
  }
  if (mount !== undefined) {
    const rest = path.slice(mount.Destination.replace(/\/$/, '').length);
    const { directory, subpath } = parts.mountPlace(container.id, mount);
    return placed(parts.trees.openDirectory(directory), subpath === '' ? rest || '/' : `/${subpath}${rest}`);
  }
  return placed(await parts.trees.openRootfs(await parts.rootfsOf(container.id), writable), path);
}
