import { readdirSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { toByteText } from '#spec/tar/byte-text.ts';
import { closeFd, openAt } from '#sys/files/at-calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '#sys/files/flags.ts';
import { listDirectory } from '#sys/files/list-directory.ts';
import { isDirectory, statAtIfAny, statFd } from '#sys/files/stat-at.ts';

/** Bytes on the disk below the root, every file counted once. */
export interface DiskUsageReport {
  /** Archives of layers, configurations and manifests as they came. */
  readonly blobs: number;
  /** What only the registry of this root has, and uploads on their way to it. */
  readonly registry: number;
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

export interface MeasureRootJob {
  readonly root: string;
  /** sha256 digests in hexadecimal of blobs that only the registry has. */
  readonly registryBlobs: readonly string[];
}

/** Adds up what the root directory holds; what is mounted below it is elsewhere. Runs in a worker. */
export function measureRoot({ root, registryBlobs }: MeasureRootJob): DiskUsageReport {
  const seen = new Set<string>();
  const fd = openAt(AT_FDCWD, toByteText(root), O_RDONLY | O_DIRECTORY);
  try {
    const { device } = statFd(fd);
    const measure = (dir: number, name: string) => measureBelow({ seen, device }, dir, name);
    const sums = { blobs: 0, registry: 0, layers: 0, temporary: 0, database: 0, cache: 0 };
    const containers: Record<string, number> = {};
    const other: Record<string, number> = {};
    for (const name of readdirSync(root)) {
      const key = categoryOf(name);
      if (key === 'containers') measureContainers(fd, containers, measure);
      else if (key === undefined) other[name] = measure(fd, toByteText(name));
      else sums[key] += measure(fd, toByteText(name));
    }
    const apart = registryBlobs.reduce((sum, hex) => sum + (statAtIfAny(fd, `blobs/sha256/${hex}`)?.allocated ?? 0), 0);
    sums.blobs -= apart;
    sums.registry += apart;
    const own = statFd(fd).allocated;
    if (own > 0) other['.'] = own;
    const all = [...Object.values(sums), ...Object.values(containers), ...Object.values(other)];
    return { ...sums, containers, other, total: all.reduce((sum, bytes) => sum + bytes, 0) };
  } finally {
    closeFd(fd);
  }
}

type Category = 'blobs' | 'layers' | 'registry' | 'temporary' | 'database' | 'cache' | 'containers';

function categoryOf(name: string): Category | undefined {
  if (name === 'blobs' || name === 'layers' || name === 'registry' || name === 'cache' || name === 'containers')
    return name;
  if (name === 'tmp' || name === 'downloads') return 'temporary';
  return name.startsWith('berth.db') ? 'database' : undefined;
}

function measureContainers(
  root: number,
  into: Record<string, number>,
  measure: (dir: number, name: string) => number,
): void {
  const fd = openAt(root, 'containers', O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const id of listDirectory(fd)) into[id] = measure(fd, id);
    const own = statFd(fd).allocated;
    if (own > 0) into['.'] = own;
  } finally {
    closeFd(fd);
  }
}

interface Measuring {
  /** Files with several names that are counted already. */
  readonly seen: Set<string>;
  readonly device: bigint | number;
}

/** Bytes on the disk of a name with everything below it; what vanishes meanwhile counts nothing. */
function measureBelow(measuring: Measuring, dir: number, name: string): number {
  const { seen, device } = measuring;
  const stat = statAtIfAny(dir, name);
  if (stat === undefined || stat.device !== device) return 0;
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
    return listDirectory(fd).reduce((sum, child) => sum + measureBelow(measuring, fd, child), stat.allocated);
  } finally {
    closeFd(fd);
  }
}
