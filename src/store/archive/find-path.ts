import { readlinkSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { showByteText, toByteText } from '#spec/tar/byte-text.ts';
import { closeFd, openAt, openInRoot, readLinkAt } from '#sys/files/at-calls.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, S_IFLNK, S_IFMT } from '#sys/files/flags.ts';
import { type FileStat, isDirectory, statAt, statFd } from '#sys/files/stat-at.ts';

export interface FindPathJob {
  /** Descriptor of the root; stays the caller's. */
  readonly root: number;
  /** Ordinary text; with a slash or `/.` at its end a link there is followed. */
  readonly path: string;
}

export interface FoundPath {
  readonly stat: FileStat;
  /** The directory itself, or the one that holds the file: byte text, resolved from the root, without a leading slash. */
  readonly directory: string;
  /** Name of what is no directory in `directory`. */
  readonly member: string | undefined;
  /** Where a link leads in the end, as an absolute path in the root. */
  readonly linkTarget: string;
}

function withFd<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    closeFd(fd);
  }
}

/** Where a descriptor is below the root, which the kernel tells through /proc. */
function pathBelow(root: number, fd: number): string {
  const base = readlinkSync(`/proc/self/fd/${root}`, 'latin1');
  const whole = readlinkSync(`/proc/self/fd/${fd}`, 'latin1');
  if (base === '/') return whole.slice(1);
  return whole === base ? '' : whole.startsWith(`${base}/`) ? whole.slice(base.length + 1) : whole.slice(1);
}

function parentAndName(path: string): { parent: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { parent: path.slice(0, slash + 1), name: path.slice(slash + 1) };
}

/** Where a link leads: what the kernel finds, or for a link to nowhere what it says. */
function followLink(root: number, path: string, dir: number, name: string): string {
  try {
    return withFd(openInRoot(root, path, O_PATH), (fd) => `/${pathBelow(root, fd)}`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
  }
  const target = readLinkAt(dir, name);
  return target.startsWith('/') ? target : `/${[pathBelow(root, dir), target].filter((part) => part !== '').join('/')}`;
}

function findDirectory(root: number, path: string): FoundPath {
  return withFd(openInRoot(root, path, O_PATH | O_DIRECTORY), (fd) => ({
    stat: statFd(fd),
    directory: pathBelow(root, fd),
    member: undefined,
    linkTarget: '',
  }));
}

/** A path whose last part is looked at itself. */
function findEntry(root: number, path: string): FoundPath {
  const { parent, name } = parentAndName(path);
  return withFd(openInRoot(root, parent, O_RDONLY | O_DIRECTORY), (dir) => {
    const stat = statAt(dir, name);
    if (isDirectory(stat))
      return withFd(openAt(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW), (fd) => ({
        stat,
        directory: pathBelow(root, fd),
        member: undefined,
        linkTarget: '',
      }));
    const linkTarget = (stat.mode & S_IFMT) === S_IFLNK ? showByteText(followLink(root, path, dir, name)) : '';
    return { stat, directory: pathBelow(root, dir), member: name, linkTarget };
  });
}

/** Looks a path up inside a root. Runs in a worker. @returns undefined when there is nothing */
export function findPath(job: FindPathJob): FoundPath | undefined {
  const path = toByteText(job.path);
  const wantsDirectory = /(?:^|\/)\.{0,2}$/.test(path);
  try {
    return wantsDirectory ? findDirectory(job.root, path) : findEntry(job.root, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
