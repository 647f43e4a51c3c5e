import { isErrno } from '#base/errors.ts';
import { closeFd, openAt, renameAt, rmdirAt, unlinkAt } from './at-calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from './flags.ts';
import { listDirectory } from './list-directory.ts';

/** Directories nested deeper are first moved up, so that neither descriptors nor the stack run out. */
const DEPTH_MAX = 200;

/**
 * Removes a name and everything below it. Links are removed, not followed; nothing outside can be reached.
 * A name that is not there is no error.
 *
 * @param dir descriptor of the directory that holds the name; deep directories are moved into it meanwhile
 */
export function removeTreeAt(dir: number, name: string): void {
  const queue = [name];
  let moved = 0;
  const removeIn = (parent: number, child: string, depth: number): void => {
    if (removeLeaf(parent, child)) return;
    if (depth >= DEPTH_MAX) {
      const aside = `.removing.${process.pid}.${moved++}.${child.length > 200 ? 'long' : child}`;
      renameAt(parent, child, dir, aside);
      queue.push(aside);
      return;
    }
    let fd: number;
    try {
      fd = openAt(parent, child, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return;
      throw error;
    }
    try {
      for (const entry of listDirectory(fd)) removeIn(fd, entry, depth + 1);
    } finally {
      closeFd(fd);
    }
    rmdirAt(parent, child);
  };
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) removeIn(dir, next, 0);
}

/** {@link removeTreeAt} for a path of the host. */
export function removeTree(path: string): void {
  const slash = path.lastIndexOf('/');
  let parent: number;
  try {
    parent = openAt(AT_FDCWD, path.slice(0, slash) || '/', O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  try {
    removeTreeAt(parent, path.slice(slash + 1));
  } finally {
    closeFd(parent);
  }
}

/** @returns false when it is a directory that has to be emptied first */
function removeLeaf(parent: number, name: string): boolean {
  try {
    unlinkAt(parent, name);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    if (isErrno(error, 'EISDIR', 'EPERM')) return false;
    throw error;
  }
}
