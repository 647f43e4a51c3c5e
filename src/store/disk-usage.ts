import { readdirSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { toByteText } from '#spec/tar/byte-text.ts';
import { closeFd, openAt } from '#sys/files/at-calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '#sys/files/flags.ts';
import { listDirectory } from '#sys/files/list-directory.ts';
import { isDirectory, statAtIfAny, statFd } from '#sys/files/stat-at.ts';

/** Bytes on the disk below the root, every file counted once. */
export interface DiskUsageReport {
  /** Archives of layers and configurations as they came. */
  readonly blobs: number;
  /** Unpacked layers. */
  readonly layers: number;
  /** Writable roots, logs and files of each container by its id. */
  readonly containers: Readonly<Record<string, number>>;
  /** Unfinished work, downloads that broke off, and what is about to be deleted. */
  readonly temporary: number;
  readonly database: number;
  /** Compiled filters and the like, made again when missing. */
  readonly cache: number;
  /** Everything else by its name in the root. */
  readonly other: Readonly<Record<string, number>>;
  readonly total: number;
}

/** Adds up what the root directory holds. Runs in a worker. */
export function measureRoot({ root }: { readonly root: string }): DiskUsageReport {
  const seen = new Set<string>();
  const fd = openAt(AT_FDCWD, toByteText(root), O_RDONLY | O_DIRECTORY);
  try {
    const sums = { blobs: 0, layers: 0, temporary: 0, database: 0, cache: 0 };
    const containers: Record<string, number> = {};
    const other: Record<string, number> = {};
    for (const name of readdirSync(root)) {
      const key = categoryOf(name);
      if (key === 'containers') measureContainers(fd, containers, seen);
      else if (key === undefined) other[name] = measure(fd, toByteText(name), seen);
      else sums[key] += measure(fd, toByteText(name), seen);
    }
    const own = statFd(fd).allocated;
    if (own > 0) other['.'] = own;
    const all = [...Object.values(sums), ...Object.values(containers), ...Object.values(other)];
    return { ...sums, containers, other, total: all.reduce((sum, bytes) => sum + bytes, 0) };
  } finally {
    closeFd(fd);
  }
}

function categoryOf(name: string): 'blobs' | 'layers' | 'temporary' | 'database' | 'cache' | 'containers' | undefined {
  if (name === 'blobs' || name === 'layers' || name === 'cache' || name === 'containers') return name;
  if (name === 'tmp' || name === 'downloads') return 'temporary';
  return name.startsWith('berth.db') ? 'database' : undefined;
}

function measureContainers(root: number, into: Record<string, number>, seen: Set<string>): void {
  const fd = openAt(root, 'containers', O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const id of listDirectory(fd)) into[id] = measure(fd, id, seen);
    const own = statFd(fd).allocated;
    if (own > 0) into['.'] = own;
  } finally {
    closeFd(fd);
  }
}

/** Bytes on the disk of a name with everything below it; what vanishes meanwhile counts nothing. */
function measure(dir: number, name: string, seen: Set<string>): number {
  const stat = statAtIfAny(dir, name);
  if (stat === undefined) return 0;
  if (stat.links > 1 && !isDirectory(stat)) {
    const key = `${stat.device}:${stat.inode}`;
    if (seen.has(key)) return 0;
    seen.add(key);
  }
  if (!isDirectory(stat)) return stat.allocated;
  let fd: number;
  try {
    fd = openAt(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 0;
    throw error;
  }
  try {
    return listDirectory(fd).reduce((sum, child) => sum + measure(fd, child, seen), stat.allocated);
  } finally {
    closeFd(fd);
  }
}
