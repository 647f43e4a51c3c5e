import { BerthError, isErrno } from '#base/errors.ts';
import { showByteText } from '#spec/tar/byte-text.ts';
import { cleanPath, splitPath } from '#spec/tar/clean-path.ts';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import type { TarHandler } from '#spec/tar/tar-parser.ts';
import { closeFd, linkAt, mkdirAt, mknodAt, openAt, setTimesAt, setTimesFd, unlinkAt } from '#sys/files/at-calls.ts';
import { DirectoryCache } from '#sys/files/directory-cache.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, S_IFCHR } from '#sys/files/flags.ts';
import { listDirectory } from '#sys/files/list-directory.ts';
import { removeTreeAt } from '#sys/files/remove-tree.ts';
import { isDirectory, isWhiteout, statAt, statAtIfAny } from '#sys/files/stat-at.ts';
import { setXattrAt } from '#sys/files/xattrs.ts';
import {
  beginFile,
  dressDirectory,
  finishFile,
  type OpenFile,
  writeDirectory,
  writeFileData,
  writeNode,
  writeSymlink,
} from './entry-writer.ts';

/** How deletions of lower layers' files are kept: as overlayfs wants them, or by deleting from a copy of the lower layers. */
export type WhiteoutForm = 'overlay' | 'delete';

const PREFIX = '.wh.';
const META_PREFIX = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';
const OPAQUE_XATTR = 'trusted.overlay.opaque';
const YES = Buffer.from('y');

interface DirectoryTime {
  readonly seconds: number;
  readonly nanos: number;
}

/**
 * Writes the members of a layer's archive below a directory that nobody else uses yet (OCI image specification, "Image Layer
 * Filesystem Changeset"). Whiteouts concern lower layers only, wherever in the archive they stand.
 */
export class LayerWriter implements TarHandler {
  readonly #root: number;
  readonly #form: WhiteoutForm;
  readonly #directories: DirectoryCache;
  readonly #times = new Map<string, DirectoryTime>();
  readonly #implied: string[] = [];
  /** Paths this layer made, where that makes a difference. */
  readonly #made: Set<string> | undefined;
  #file: OpenFile | undefined;
  #size = 0;

  /** @param target path of the directory on the host */
  constructor(target: string, form: WhiteoutForm) {
    this.#form = form;
    this.#made = form === 'delete' ? new Set() : undefined;
    this.#root = openAt(AT_FDCWD, target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    this.#directories = new DirectoryCache(this.#root, (parent, name, path) => this.#makeImplied(parent, name, path));
  }

  /** Bytes of file data written, links' targets among them as for Docker. */
  get size(): number {
    return this.#size;
  }

  /** Directories that the archive did not list but put something into, parents first. */
  get implied(): readonly string[] {
    return this.#implied;
  }

  entry(entry: TarEntry): void {
    try {
      this.#write(entry);
    } catch (error) {
      throw explain(error, entry);
    }
  }

  data(bytes: Uint8Array): void {
    if (this.#file === undefined) return;
    this.#size += bytes.length;
    writeFileData(this.#file, bytes);
  }

  entryEnd(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      finishFile(file);
    } catch (error) {
      throw explain(error, file.entry);
    }
  }

  /** Call after the last member: sets the times of directories. */
  finish(): void {
    for (const [path, { seconds, nanos }] of this.#times) {
      if (path === '') {
        setTimesFd(this.#root, seconds, nanos);
        continue;
      }
      const { directory, name } = splitPath(path);
      setTimesAt(this.#directories.get(directory), name, seconds, nanos);
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeFd(this.#file.fd);
    this.#file = undefined;
    this.#directories.forget();
    closeFd(this.#root);
  }

  #write(entry: TarEntry): void {
    const path = cleanPath(entry.path);
    if (path === '') {
      this.#writeRoot(entry);
      return;
    }
    const { directory, name } = splitPath(path);
    if (name.startsWith(PREFIX)) {
      this.#writeWhiteout(directory, name);
      return;
    }
    const dir = this.#directories.get(directory);
    try {
      this.#create(dir, name, path, entry);
    } catch (error) {
      if (!isErrno(error, 'EEXIST', 'ENOTDIR', 'ELOOP')) throw error;
      const wasWhiteout = this.#clear(dir, name, path, entry);
      this.#create(this.#directories.get(directory), name, path, entry);
      if (wasWhiteout && entry.type === 'directory') this.#setOpaque(this.#directories.get(directory), name);
    }
    this.#noteMade(path);
  }

  #writeRoot(entry: TarEntry): void {
    if (entry.type !== 'directory') throw new BerthError('invalid', 'layer.root', 'the root is no directory');
    dressDirectory(this.#root, entry, entry);
    this.#times.set('', { seconds: entry.mtimeSeconds, nanos: entry.mtimeNanos });
  }

  #create(dir: number, name: string, path: string, entry: TarEntry): void {
    switch (entry.type) {
      case 'file':
        this.#file = beginFile(dir, name, entry, entry);
        break;
      case 'directory':
        this.#directories.add(path, writeDirectory(dir, name, entry, entry));
        this.#times.set(path, { seconds: entry.mtimeSeconds, nanos: entry.mtimeNanos });
        break;
      case 'symlink':
        writeSymlink(dir, name, entry, entry);
        this.#size += entry.linkPath.length;
        break;
      case 'hardlink':
        this.#writeHardlink(name, path, entry);
        break;
      default:
        writeNode(dir, name, entry, entry);
    }
  }

  #writeHardlink(name: string, path: string, entry: TarEntry): void {
    const targetPath = cleanPath(entry.linkPath);
    if (targetPath === path) throw new BerthError('invalid', 'layer.hardlink', 'a hard link to itself');
    const target = splitPath(targetPath);
    // Opened apart from the cache: a get() may close what an earlier one returned.
    const targetDir = openAt(this.#directories.get(target.directory), '.', O_RDONLY | O_DIRECTORY);
    try {
      linkAt(targetDir, target.name, this.#reopen(path), name);
    } finally {
      closeFd(targetDir);
    }
  }

  /** Makes room for an entry. @returns whether a whiteout was there */
  #clear(dir: number, name: string, path: string, entry: TarEntry): boolean {
    const found = statAt(dir, name);
    if (isDirectory(found)) {
      if (entry.type === 'directory') throw new Error('a directory is in the way of itself');
      this.#forgetBelow(path);
      this.#directories.forget();
      removeTreeAt(this.#reopen(path), name);
      return false;
    }
    unlinkAt(dir, name);
    this.#directories.forget();
    return this.#form === 'overlay' && isWhiteout(found);
  }

  #reopen(path: string): number {
    return this.#directories.get(splitPath(path).directory);
  }

  #forgetBelow(path: string): void {
    for (const known of this.#times.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.#times.delete(known);
    }
  }

  #makeImplied(parent: number, name: string, path: string): void {
    const found = statAtIfAny(parent, name);
    const overWhiteout = found !== undefined && this.#form === 'overlay' && isWhiteout(found);
    if (overWhiteout) unlinkAt(parent, name);
    mkdirAt(parent, name, 0o755);
    if (overWhiteout) this.#setOpaque(parent, name);
    this.#implied.push(path);
    this.#noteMade(path);
  }

  #setOpaque(dir: number, name: string): void {
    setXattrAt(dir, name, OPAQUE_XATTR, YES);
  }

  #noteMade(path: string): void {
    if (this.#made === undefined) return;
    for (let at = path; at !== '' && !this.#made.has(at); at = splitPath(at).directory) this.#made.add(at);
  }

  #writeWhiteout(directory: string, name: string): void {
    if (name === OPAQUE) {
      if (this.#form === 'overlay') this.#makeOpaque(directory);
      else this.#deleteChildren(directory);
      return;
    }
    // Other names of this form are aufs's own records.
    if (name.startsWith(META_PREFIX)) return;
    const hidden = name.slice(PREFIX.length);
    if (hidden === '' || hidden === '.' || hidden === '..') {
      throw new BerthError('invalid', 'layer.whiteout', 'a whiteout of no file');
    }
    const dir = this.#directories.get(directory);
    const found = statAtIfAny(dir, hidden);
    if (this.#form === 'delete') {
      const path = directory === '' ? hidden : `${directory}/${hidden}`;
      if (found === undefined) return;
      if (this.#made!.has(path)) {
        if (isDirectory(found)) this.#deleteChildren(path);
        return;
      }
      this.#directories.forget();
      removeTreeAt(this.#directories.get(directory), hidden);
      return;
    }
    if (found === undefined) mknodAt(dir, hidden, S_IFCHR | 0o600, 0, 0);
    else if (isDirectory(found)) this.#setOpaque(dir, hidden);
  }

  #makeOpaque(directory: string): void {
    const dir = this.#directories.get(directory);
    setXattrAt(dir, '.', OPAQUE_XATTR, YES);
  }

  /** Deletes what lower layers left in a directory. */
  #deleteChildren(directory: string): void {
    this.#directories.forget();
    const prefix = directory === '' ? '' : `${directory}/`;
    for (const name of listDirectory(this.#directories.get(directory))) {
      if (!this.#made!.has(prefix + name)) removeTreeAt(this.#directories.get(directory), name);
    }
  }
}

function explain(error: unknown, entry: TarEntry): unknown {
  const name = JSON.stringify(showByteText(entry.path));
  if (error instanceof BerthError) {
    return new BerthError(error.kind, error.code, `layer entry ${name}: ${error.message}`, { cause: error });
  }
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
    return new BerthError('unavailable', 'store.full', `layer entry ${name}: no space left on device`, {
      cause: error,
    });
  }
  if (
    !isErrno(
      error,
      'ENOENT',
      'EEXIST',
      'ENOTDIR',
      'EISDIR',
      'ELOOP',
      'ENAMETOOLONG',
      'EPERM',
      'EMLINK',
      'EFBIG',
      'EINVAL',
      'ERANGE',
      'E2BIG',
      'EXDEV',
      'ENOTSUP',
      'EOPNOTSUPP',
    )
  ) {
    return error;
  }
  const what = entry.type === 'hardlink' ? `hard link to ${JSON.stringify(showByteText(entry.linkPath))}` : entry.type;
  const words = `layer entry ${name} (${what}) cannot be written: ${error.syscall ?? ''} ${error.code ?? ''}`;
  return new BerthError('invalid', 'layer.entry', words, { cause: error });
}
