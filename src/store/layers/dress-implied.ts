import { isErrno } from '#base/errors.ts';
import { splitPath } from '#spec/tar/clean-path.ts';
import { chmodFd, chownFd, closeFd, openAt, openInRoot, setTimesFd } from '#sys/files/at-calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, RESOLVE_NO_SYMLINKS } from '#sys/files/flags.ts';
import { isDirectory, statAtIfAny, statFd } from '#sys/files/stat-at.ts';
import { readXattrsAt, setXattrFd } from '#sys/files/xattrs.ts';
import { isOverlayXattr } from './entry-writer.ts';

export interface DressImpliedJob {
  readonly target: string;
  readonly implied: readonly string[];
  /** Lower layers' directories, topmost first. */
  readonly lower: readonly string[];
}

/**
 * Directories that a layer's archive does not list have in an overlay hidden the ones below them: give them owner, mode,
 * attributes and time of the topmost lower directory of the same path.
 */
export function dressImplied(job: DressImpliedJob): void {
  const target = openAt(AT_FDCWD, job.target, O_RDONLY | O_DIRECTORY);
  const lower = job.lower.map((path) => openAt(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  try {
    // Children first: a parent's time is set after nothing in it changes any more.
    for (const path of [...job.implied].reverse()) dress(target, lower, path);
  } finally {
    for (const fd of [target, ...lower]) closeFd(fd);
  }
}

function dress(target: number, lower: readonly number[], path: string): void {
  const to = tryOpen(target, path);
  if (to === undefined) return;
  try {
    for (const root of lower) {
      const from = tryOpen(root, path);
      if (from === undefined) {
        if (endsHere(root, path)) return;
        continue;
      }
      try {
        copyLooks(from, to);
      } finally {
        closeFd(from);
      }
      return;
    }
  } finally {
    closeFd(to);
  }
}

/** Whether a layer has something else at the path, which hides what lies below it. */
function endsHere(root: number, path: string): boolean {
  const { directory, name } = splitPath(path);
  const dir = tryOpen(root, directory);
  if (dir === undefined) return false;
  try {
    const found = statAtIfAny(dir, name);
    return found !== undefined && !isDirectory(found);
  } finally {
    closeFd(dir);
  }
}

function copyLooks(from: number, to: number): void {
  const stat = statFd(from);
  chownFd(to, stat.uid, stat.gid);
  chmodFd(to, stat.mode & 0o7777);
  for (const [name, value] of readXattrsAt(from, '.', (name) => !isOverlayXattr(name)) ?? [])
    setXattrFd(to, name, value);
  setTimesFd(to, stat.mtimeSeconds, stat.mtimeNanos);
}

function tryOpen(root: number, path: string): number | undefined {
  try {
    return openInRoot(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}
