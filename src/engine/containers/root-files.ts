import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { isErrno } from '#base/errors.ts';

const MAX_LINKS = 40;
const MAX_BYTES = 4 * 1024 * 1024;
const O_PATH = 0o10000000;

/**
 * The text of a file in a root file system that is not mounted, given as its layers. Symbolic links are followed inside the
 * root and never out of it: every component is opened by itself, relative to a directory descriptor, without following.
 *
 * A whiteout (a 0:0 device) in an upper layer hides what is below it; a directory that an upper layer marks opaque is not
 * told apart from an ordinary one.
 *
 * @param layers absolute directories, topmost first, missing ones empty; `/proc/PID/root` alone for a running container
 * @param path absolute inside the root
 * @returns undefined when there is no such regular file
 */
export function readRootFile(layers: readonly string[], path: string): string | undefined {
  let rest = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const outcome = walk(layers, split(rest));
    if (!('target' in outcome)) return outcome.text;
    const base = posix.join('/', ...outcome.parents);
    rest = posix.join(posix.resolve(base, outcome.target), ...outcome.rest);
  }
  return undefined;
}

type Outcome =
  | { readonly text: string | undefined }
  | { readonly target: string; readonly parents: readonly string[]; readonly rest: readonly string[] };

function split(path: string): string[] {
  return posix
    .normalize(path)
    .split('/')
    .filter((part) => part !== '' && part !== '..');
}

/** Goes down component by component through all layers at once, until the file or the first symbolic link. */
function walk(layers: readonly string[], parts: readonly string[]): Outcome {
  let directories = layers.flatMap((layer) => openIfPresent(layer, O_PATH | constants.O_DIRECTORY) ?? []);
  try {
    for (const [index, name] of parts.entries()) {
      const step = lookUp(directories, name);
      if (step.kind === 'link') {
        return { target: step.target, parents: parts.slice(0, index), rest: parts.slice(index + 1) };
      }
      if (step.kind === 'file') return { text: index === parts.length - 1 ? step.text : undefined };
      for (const fd of directories) closeSync(fd);
      directories = step.directories;
    }
    return { text: undefined };
  } finally {
    for (const fd of directories) closeSync(fd);
  }
}

type Step =
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file'; readonly text: string | undefined }
  | { readonly kind: 'directories'; readonly directories: number[] };

/** What a name is in a directory of several layers; no directories when it does not exist. */
function lookUp(directories: readonly number[], name: string): Step {
  const found: number[] = [];
  for (const directory of directories) {
    const at = `/proc/self/fd/${directory}/${name}`;
    const fd = openIfPresent(at, O_PATH | constants.O_NOFOLLOW);
    if (fd === undefined) continue;
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      found.push(fd);
      continue;
    }
    closeSync(fd);
    // Below a directory of an upper layer, anything else is hidden; so is everything below a whiteout.
    if (found.length > 0 || stat.isCharacterDevice()) break;
    if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(at) };
    return { kind: 'file', text: stat.isFile() ? readRegular(at) : undefined };
  }
  return { kind: 'directories', directories: found };
}

function openIfPresent(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function readRegular(path: string): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile() || size > MAX_BYTES) return undefined;
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (let n = 1; n > 0 && length < size; length += n) n = readSync(fd, bytes, length, size - length, null);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}
