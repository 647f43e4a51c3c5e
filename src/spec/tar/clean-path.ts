import { BerthError } from '#base/errors.ts';
import { showByteText } from './byte-text.ts';

const NEEDS_WORK = /^\/|\/\/|\/$|(?:^|\/)\.{1,2}(?:\/|$)/;

/**
 * The path of an archive's member relative to where it is unpacked: no leading, trailing or double slashes, no `.` and `..`.
 *
 * @returns byte text, empty for the root itself
 * @throws invalid when it leads out of the root
 */
export function cleanPath(path: string): string {
  if (!NEEDS_WORK.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) {
      const words = `archive refused: ${JSON.stringify(showByteText(path))} is outside of the folder it is unpacked in`;
      throw new BerthError('invalid', 'archive.escape', words);
    }
  }
  return parts.join('/');
}

/** Directory part and last part of a cleaned path. */
export function splitPath(path: string): { directory: string; name: string } {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? { directory: '', name: path } : { directory: path.slice(0, slash), name: path.slice(slash + 1) };
}
