/** Paths of `cp`: a slash or `/.` at the end means something, which cleaning must not lose. Text only, nothing is looked up. */
import { posix } from 'node:path';
import { cut } from '#base/cut.ts';

/** As Go's `filepath.Clean`: no slash at the end. */
export function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** The last part; `/` of the root, `.` of nothing. */
export function baseOf(path: string): string {
  if (path === '') return '.';
  return posix.basename(path) || '/';
}

export const hasSlashAtEnd = (path: string): boolean => path.endsWith('/');

/** True for `.` and `x/.`. */
export const isCurrentDirectory = (path: string): boolean => baseOf(path) === '.';

/** True when the path can only be that of a folder. */
export const assertsDirectory = (path: string): boolean => hasSlashAtEnd(path) || isCurrentDirectory(path);

/** Gives a cleaned path the `/` or `/.` back that the original ended in. */
export function keepEnding(cleaned: string, original: string): string {
  let path = cleaned;
  if (!isCurrentDirectory(path) && isCurrentDirectory(original)) path += hasSlashAtEnd(path) ? '.' : '/.';
  if (!hasSlashAtEnd(path) && hasSlashAtEnd(original)) path += '/';
  return path;
}

/** Directory and name of an entry; the name of `x/.` is `.` and its directory `x`. */
export function splitEntry(path: string): { readonly directory: string; readonly name: string } {
  const cleaned = clean(path);
  if (isCurrentDirectory(path)) return { directory: cleaned, name: '.' };
  return { directory: posix.dirname(cleaned), name: baseOf(cleaned) };
}

/** Where a link in the directory of `path` leads. */
export function resolveLink(path: string, target: string): string {
  return target.startsWith('/') ? target : posix.join(splitEntry(path).directory, target);
}

/**
 * A path after its links were followed, with the ending that was asked for.
 *
 * @returns and the name that was asked for, if following changed it
 */
export function rebase(asked: string, followed: string): { readonly path: string; readonly name: string | undefined } {
  let path = followed;
  if (isCurrentDirectory(asked) && !isCurrentDirectory(path)) path += '/.';
  if (hasSlashAtEnd(asked) && !hasSlashAtEnd(path)) path += '/';
  return { path, name: baseOf(asked) === baseOf(path) ? undefined : baseOf(asked) };
}

/** Splits `CONTAINER:PATH`. A path of this machine that has a colon must start with `/` or `.`. */
export function splitArgument(argument: string): { readonly container: string; readonly path: string } {
  if (argument.startsWith('/')) return { container: '', path: argument };
  const [container, path] = cut(argument, ':');
  if (path === undefined || container.startsWith('.')) return { container: '', path: argument };
  return { container, path };
}

/** What one side of a copy is. */
export interface CopyPlace {
  readonly path: string;
  readonly exists: boolean;
  readonly isDirectory: boolean;
  /** The name that was asked for, where following a link has changed it. */
  readonly name?: string | undefined;
}

export interface CopyPlan {
  /** The folder that the archive is unpacked in. */
  readonly directory: string;
  /** What the entries' names begin with, and what they are to begin with. */
  readonly rename?: { readonly from: string; readonly to: string };
}

/**
 * Decides where an archive is unpacked and under which name, as `cp` of Unix would.
 *
 * @throws Error in docker's words
 */
export function planCopy(source: CopyPlace, destination: CopyPlace): CopyPlan {
  const from = splitEntry(source.path).name;
  if (destination.exists && destination.isDirectory)
    return { directory: destination.path, ...(source.name !== undefined && { rename: { from, to: source.name } }) };
  if (destination.exists && source.isDirectory) throw new Error('cannot copy directory');
  if (!destination.exists && !source.isDirectory && assertsDirectory(destination.path))
    throw new Error('no such directory');
  const { directory, name } = splitEntry(destination.path);
  return { directory, rename: { from, to: name } };
}

/** Applies a plan's change of name to an entry's. */
export function renameEntry(path: string, rename: CopyPlan['rename']): string {
  if (rename === undefined) return path;
  const { from, to } = rename;
  if (from === '/') return `${to}/${path.replace(/^[./]+/, '')}`;
  if (path === from || path.startsWith(`${from}/`)) return to + path.slice(from.length);
  return path;
}
