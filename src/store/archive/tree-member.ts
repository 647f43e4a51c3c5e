import { isErrno } from '#base/errors.ts';
import { closeFd, openAt } from '#sys/files/at-calls.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '#sys/files/flags.ts';
import { listDirectory } from '#sys/files/list-directory.ts';
import { type FileStat, isDirectory, statAt, statFd } from '#sys/files/stat-at.ts';

/** A file or directory on its way into an archive. */
export interface TreeMember {
  /** Descriptor of the directory that holds it; open while the member is looked at. */
  readonly dir: number;
  /** Name in `dir`, `.` for `dir` itself. */
  readonly name: string;
  /** Path in the archive, without a slash at the end. */
  readonly path: string;
  readonly stat: FileStat;
}

/**
 * A file with everything below it, parents first, in order of name. What vanishes while it is walked is left out.
 *
 * @param path name in the archive; empty: members have paths of their own and the directory itself has none
 */
export function* walkTree(dir: number, name: string, path: string): Generator<TreeMember, void, void> {
  let stat: FileStat;
  try {
    stat = name === '.' ? statFd(dir) : statAt(dir, name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  if (path !== '') yield { dir, name, path, stat };
  if (!isDirectory(stat)) return;
  let fd: number;
  try {
    fd = openAt(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return;
    throw error;
  }
  try {
    const prefix = path === '' ? '' : path.endsWith('/') ? path : `${path}/`;
    for (const child of listDirectory(fd)) yield* walkTree(fd, child, prefix + child);
  } finally {
    closeFd(fd);
  }
}
