import { BerthError, isErrno } from '#base/errors.ts';
import { showByteText } from '#spec/tar/byte-text.ts';
import { closeFd, mkdirAt, openAt, openInRoot } from './at-calls.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from './flags.ts';

/** Descriptors kept open at once. */
const OPEN_MAX = 256;

/** How a missing directory on the way comes to be; called with its parent, its name and its path. */
export type MakeDirectory = (parent: number, name: string, path: string) => void;

/**
 * Descriptors of directories below a root, by path. Every path is resolved as if the root were `/`, so links cannot lead out.
 * Forget the cache whenever a directory or a link is removed or renamed.
 */
export class DirectoryCache {
  readonly #root: number;
  readonly #make: MakeDirectory;
  readonly #open = new Map<string, number>();

  /** @param root stays the caller's; @param make defaults to a plain mkdir with mode 0755 */
  constructor(root: number, make: MakeDirectory = (parent, name) => mkdirAt(parent, name, 0o755)) {
    this.#root = root;
    this.#make = make;
  }

  /**
   * The descriptor of a directory, made with all its parents when missing. Valid until the next call.
   *
   * @param path cleaned, relative byte text; empty for the root
   */
  get(path: string): number {
    if (path === '') return this.#root;
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    return this.add(path, this.#resolve(path));
  }

  /** Keeps a descriptor; it is the cache's to close from here on. */
  add(path: string, fd: number): number {
    const before = this.#open.get(path);
    if (before !== undefined) closeFd(before);
    this.#open.delete(path);
    this.#open.set(path, fd);
    if (this.#open.size > OPEN_MAX) {
      const [oldest, oldFd] = this.#open.entries().next().value!;
      this.#open.delete(oldest);
      closeFd(oldFd);
    }
    return fd;
  }

  /** Closes everything: what paths mean has changed. */
  forget(): void {
    for (const fd of this.#open.values()) closeFd(fd);
    this.#open.clear();
  }

  [Symbol.dispose](): void {
    this.forget();
  }

  #resolve(path: string): number {
    try {
      return openInRoot(this.#root, path, O_RDONLY | O_DIRECTORY);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw this.#explain(error, path);
    }
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const parent = this.get(slash < 0 ? '' : path.slice(0, slash));
    try {
      this.#make(parent, name, path);
      return openAt(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      throw this.#explain(error, path);
    }
  }

  #explain(error: unknown, path: string): unknown {
    if (!isErrno(error, 'EEXIST', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return error;
    const why = {
      EEXIST: 'it is there and no directory',
      ENOTDIR: 'it is no directory',
      ELOOP: 'too many symbolic links',
      ENAMETOOLONG: 'the name is too long',
    }[error.code as 'EEXIST' | 'ENOTDIR' | 'ELOOP' | 'ENAMETOOLONG'];
    const words = `cannot use ${JSON.stringify(showByteText(path))} as a directory: ${why}`;
    return new BerthError('invalid', 'archive.not-a-directory', words, { cause: error });
  }
}
