import { formatTimeNs } from '#base/time.ts';
import type { PathStat } from '#spec/docker-api/images.ts';
import type { FoundPath } from '#store/archive/find-path.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK } from '#sys/files/flags.ts';

/** Bits of Go's `fs.FileMode`, which the API speaks. */
const GO = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  charDevice: 2 ** 21,
  sticky: 2 ** 20,
};

const TYPES: Readonly<Record<number, number>> = {
  [S_IFDIR]: GO.directory,
  [S_IFLNK]: GO.symlink,
  [S_IFBLK]: GO.device,
  [S_IFCHR]: GO.device + GO.charDevice,
  [S_IFIFO]: GO.fifo,
  [S_IFSOCK]: GO.socket,
};

/** A mode of stat(2) as Go's `fs.FileMode`. */
export function goFileMode(mode: number): number {
  const special = (mode & 0o4000 ? GO.setuid : 0) + (mode & 0o2000 ? GO.setgid : 0) + (mode & 0o1000 ? GO.sticky : 0);
  return (TYPES[mode & S_IFMT] ?? 0) + special + (mode & 0o777);
}

/** The last part of a path as it was asked for: `/` for the root, `.` when it ends so. */
export function lastPart(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** What the API says about a path. */
export function pathStat(path: string, found: FoundPath): PathStat {
  const { stat, linkTarget } = found;
  return {
    name: lastPart(path),
    size: stat.size,
    mode: goFileMode(stat.mode),
    mtime: formatTimeNs(BigInt(stat.mtimeSeconds) * 1_000_000_000n + BigInt(stat.mtimeNanos)),
    linkTarget,
  };
}
