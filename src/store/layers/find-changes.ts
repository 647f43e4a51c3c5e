import { closeFd, openAt, readLinkAt } from '#sys/files/at-calls.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, S_IFLNK, S_IFMT } from '#sys/files/flags.ts';
import { listDirectory } from '#sys/files/list-directory.ts';
import { type FileStat, isDirectory, isWhiteout, statAtIfAny } from '#sys/files/stat-at.ts';
import { getXattrAt } from '#sys/files/xattrs.ts';

/** Docker's kinds: 0 modified, 1 added, 2 deleted. */
export type ChangeKind = 0 | 1 | 2;

export interface Change {
  readonly kind: ChangeKind;
  /** Byte text, relative to the root. */
  readonly path: string;
  readonly stat: FileStat;
}

/** The tree a container writes into: an overlay's upper directory, or a whole copy. */
export type TreeForm = 'upper' | 'copy';

/**
 * Empty files and directories that exist only to mount something over them (what Docker keeps in a layer of its own); whoever
 * starts a container makes them, so they are no change of the container's.
 */
const MOUNT_POINTS: ReadonlySet<string> = new Set([
  '.dockerenv',
  'dev',
  'dev/console',
  'dev/mqueue',
  'dev/pts',
  'dev/shm',
  'etc',
  'etc/hostname',
  'etc/hosts',
  'etc/resolv.conf',
  'proc',
  'sys',
]);

/**
 * What a container changed in its root filesystem, parents before children, in order of name.
 *
 * @param tree descriptor of what it writes into
 * @param image descriptor of the root without its changes; undefined for an empty one
 */
export function findChanges(tree: number, image: number | undefined, form: TreeForm): Change[] {
  return compareDirectories(tree, image, '', { listLower: form === 'copy', skipSame: form === 'copy' }).changes;
}

interface Mode {
  /** Names of the lower directory that are missing above are deleted. */
  readonly listLower: boolean;
  /** Files that look alike are the same. */
  readonly skipSame: boolean;
}

interface Compared {
  readonly changes: Change[];
  /** A mount point lies here, so that the directory's time says nothing. */
  readonly hasMountPoint: boolean;
}

function compareDirectories(upper: number, lower: number | undefined, prefix: string, mode: Mode): Compared {
  const changes: Change[] = [];
  let hasMountPoint = false;
  const names = new Set(listDirectory(upper));
  const all = new Set(names);
  if (mode.listLower && lower !== undefined) for (const name of listDirectory(lower)) all.add(name);
  for (const name of [...all].sort()) {
    const path = prefix + name;
    const below = lower === undefined ? undefined : statAtIfAny(lower, name);
    if (!names.has(name)) {
      if (below !== undefined) changes.push({ kind: 2, path, stat: below });
      continue;
    }
    const found = compareEntry(upper, lower, name, path, below, mode);
    changes.push(...found.changes);
    hasMountPoint ||= found.hasMountPoint;
  }
  return { changes, hasMountPoint };
}

function compareEntry(
  upper: number,
  lower: number | undefined,
  name: string,
  path: string,
  below: FileStat | undefined,
  mode: Mode,
): Compared {
  const stat = statAtIfAny(upper, name);
  if (stat === undefined) return { changes: [], hasMountPoint: false };
  if (!mode.skipSame && isWhiteout(stat)) {
    return { changes: below === undefined ? [] : [{ kind: 2, path, stat: below }], hasMountPoint: false };
  }
  if (isDirectory(stat)) return compareDirectory(upper, lower, name, path, stat, below, mode);
  if (below === undefined && stat.size === 0 && MOUNT_POINTS.has(path)) return { changes: [], hasMountPoint: true };
  if (mode.skipSame && below !== undefined && lower !== undefined && looksSame(upper, lower, name, stat, below)) {
    return { changes: [], hasMountPoint: false };
  }
  return { changes: [{ kind: below === undefined ? 1 : 0, path, stat }], hasMountPoint: false };
}

function compareDirectory(
  upper: number,
  lower: number | undefined,
  name: string,
  path: string,
  stat: FileStat,
  below: FileStat | undefined,
  mode: Mode,
): Compared {
  const isMerged = below !== undefined && isDirectory(below);
  const isOpaque = !mode.skipSame && getXattrAt(upper, name, 'trusted.overlay.opaque')?.toString('latin1') === 'y';
  const upperFd = openDirectory(upper, name);
  const lowerFd = isMerged ? openDirectory(lower!, name) : undefined;
  try {
    const inner = compareDirectories(upperFd, lowerFd, `${path}/`, { ...mode, listLower: mode.listLower || isOpaque });
    if (below === undefined && inner.changes.length === 0 && MOUNT_POINTS.has(path)) {
      return { changes: [], hasMountPoint: true };
    }
    const isChanged =
      !isMerged ||
      inner.changes.length > 0 ||
      !sameOwner(stat, below) ||
      (!inner.hasMountPoint && !sameTime(stat, below));
    const own: Change[] = isChanged ? [{ kind: below === undefined ? 1 : 0, path, stat }] : [];
    return { changes: [...own, ...inner.changes], hasMountPoint: false };
  } finally {
    closeFd(upperFd);
    if (lowerFd !== undefined) closeFd(lowerFd);
  }
}

function openDirectory(dir: number, name: string): number {
  return openAt(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

function sameOwner(a: FileStat, b: FileStat): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function sameTime(a: FileStat, b: FileStat): boolean {
  return a.mtimeSeconds === b.mtimeSeconds && a.mtimeNanos === b.mtimeNanos;
}

function looksSame(upper: number, lower: number, name: string, a: FileStat, b: FileStat): boolean {
  // A whiteout is as old as the directory it was unpacked into.
  if (isWhiteout(a) && isWhiteout(b)) return true;
  if (!sameOwner(a, b) || a.size !== b.size || a.devMajor !== b.devMajor || a.devMinor !== b.devMinor) return false;
  if (!sameTime(a, b)) return false;
  return (a.mode & S_IFMT) !== S_IFLNK || readLinkAt(upper, name) === readLinkAt(lower, name);
}
