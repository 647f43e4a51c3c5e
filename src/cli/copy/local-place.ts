/** What a path of this machine is, as the source or the destination of a copy. */
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '#base/errors.ts';
import { fileError } from '../file-error.ts';
import {
  assertsDirectory,
  baseOf,
  type CopyPlace,
  clean,
  hasSlashAtEnd,
  rebase,
  resolveLink,
  splitEntry,
} from './paths.ts';

/** The same as the kernel follows on one path. */
const LINKS_MAX = 40;

/** Calls the file system; a failure is worded as Go words it, with the path that failed. */
function orExplain<T>(call: () => T, path: string): T {
  try {
    return call();
  } catch (error) {
    const failed = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : path;
    throw new Error(fileError(error, failed), { cause: error });
  }
}

/**
 * The source of a copy. Links before the last part are followed; the last one too with `followLink`.
 *
 * @param path absolute, with its ending kept
 * @throws Error in docker's words, such as `lstat /x: no such file or directory`
 */
export function sourcePlace(path: string, followLink: boolean): CopyPlace {
  let resolved: { readonly path: string; readonly name: string | undefined };
  if (followLink) {
    const { path: target } = followLinks(path);
    // Looked at first, because its absence is told of the target.
    orExplain(() => lstatSync(target), target);
    resolved = rebase(
      path,
      orExplain(() => realpathSync(target), target),
    );
  } else {
    const slash = path.lastIndexOf('/');
    const [parent, base] = [path.slice(0, slash) || '/', path.slice(slash + 1)];
    // With a slash at the end it is a link's target that is meant, and that must be a folder.
    const real = orExplain(() => realpathSync(parent), parent);
    if (base === '' && !statSync(real).isDirectory()) throw new Error('not a directory');
    const found = base === '' ? real : `${real === '/' ? '' : real}/${base}`;
    const name = hasSlashAtEnd(path) && baseOf(path) !== baseOf(found) ? baseOf(path) : undefined;
    resolved = { path: base === '' ? `${found}/` : found, name };
  }
  const stat = orExplain(() => lstatSync(resolved.path), resolved.path);
  return { path: resolved.path, exists: true, isDirectory: stat.isDirectory(), name: resolved.name };
}

/**
 * The destination of a copy; all links are followed, and the last part need not exist.
 *
 * @param path absolute, with its ending kept
 * @throws Error in docker's words
 */
export function destinationPlace(path: string): CopyPlace {
  const { path: at, stat } = followLinks(path);
  if (stat !== undefined) return { path: at, exists: true, isDirectory: stat.isDirectory() };
  const { directory } = splitEntry(at);
  if (!orExplain(() => statSync(directory), directory).isDirectory()) throw new Error('not a directory');
  return { path: at, exists: false, isDirectory: false };
}

/** Follows the links that the last part is, one after the other, to what is no link or not there. */
function followLinks(path: string): { readonly path: string; readonly stat: Stats | undefined } {
  let at = path;
  let stat = lstatIfAny(at);
  for (let links = 0; stat?.isSymbolicLink(); links++) {
    if (links > LINKS_MAX) throw new Error(`too many symlinks in ${path}`);
    const link = at;
    at = resolveLink(
      link,
      orExplain(() => readlinkSync(clean(link)), link),
    );
    stat = lstatIfAny(at);
  }
  return { path: at, stat };
}

function lstatIfAny(path: string): Stats | undefined {
  // A slash at the end makes the kernel follow a link; the link itself is wanted.
  return orExplain(() => {
    try {
      return lstatSync(assertsDirectory(path) ? clean(path) : path);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }, path);
}

/**
 * Checks that something can be written there: its folder exists, and it is no device.
 *
 * @throws Error in docker's words
 */
export function checkOutputPath(path: string): void {
  const directory = dirname(clean(path));
  if (directory !== '' && directory !== '.' && statIfAny(directory) === undefined)
    throw new Error(`invalid output path: directory ${JSON.stringify(directory)} does not exist`);
  const found = statIfAny(path);
  if (found?.isCharacterDevice() || found?.isBlockDevice())
    throw new Error(`invalid output path: ${JSON.stringify(path)} must be a directory or a regular file: got a device`);
}

function statIfAny(path: string): Stats | undefined {
  return orExplain(() => {
    try {
      return statSync(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }, path);
}
