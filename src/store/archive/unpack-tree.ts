import type { MessagePort } from 'node:worker_threads';
import { BerthError, isErrno } from '#base/errors.ts';
import { showByteText } from '#spec/tar/byte-text.ts';
import { cleanPath, splitPath } from '#spec/tar/clean-path.ts';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import { type TarHandler, TarParser } from '#spec/tar/tar-parser.ts';
import { closeFd, linkAt, openAt, openInRoot, setTimesAt, unlinkAt } from '#sys/files/at-calls.ts';
import { DirectoryCache } from '#sys/files/directory-cache.ts';
import { O_DIRECTORY, O_RDONLY } from '#sys/files/flags.ts';
import { removeTreeAt } from '#sys/files/remove-tree.ts';
import { isDirectory, statAtIfAny } from '#sys/files/stat-at.ts';
import {
  beginFile,
  type EntryOwner,
  finishFile,
  type OpenFile,
  writeDirectory,
  writeFileData,
  writeNode,
  writeSymlink,
} from '../layers/entry-writer.ts';
import { receiveBytes } from '../worker/byte-port.ts';
import { decompress } from './decompress.ts';

export interface UnpackTreeJob {
  /** Descriptor of the root that every path and link is resolved in; stays the caller's and open until the job ends. */
  readonly root: number;
  /** Directory in the root that the archive is unpacked into, byte text without a leading slash; it must be there. */
  readonly directory: string;
  /** Its name in messages. */
  readonly shownDirectory: string;
  /** Refuse to put a directory where something else is, and the other way round, instead of replacing it. */
  readonly keepKinds: boolean;
  /** Everything belongs to this owner; undefined: to whom the archive says. */
  readonly owner: EntryOwner | undefined;
}

/** Writes the members of an archive into a file system that is in use: what is there is replaced, directories are merged. */
class TreeWriter implements TarHandler {
  readonly #job: UnpackTreeJob;
  readonly #directories: DirectoryCache;
  readonly #times = new Map<string, { seconds: number; nanos: number }>();
  #file: OpenFile | undefined;

  constructor(job: UnpackTreeJob) {
    this.#job = job;
    this.#directories = new DirectoryCache(job.root);
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
    try {
      writeFileData(this.#file, bytes);
    } catch (error) {
      throw explain(error, this.#file.entry);
    }
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

  /** Call after the last member: sets the times of directories, which writing into them has changed. */
  finish(): void {
    for (const [path, { seconds, nanos }] of this.#times) {
      const { directory, name } = splitPath(path);
      setTimesAt(this.#directories.get(directory), name, seconds, nanos);
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeFd(this.#file.fd);
    this.#file = undefined;
    this.#directories.forget();
  }

  #inRoot(path: string): string {
    const { directory } = this.#job;
    return directory === '' ? path : `${directory}/${path}`;
  }

  #write(entry: TarEntry): void {
    const cleaned = cleanPath(entry.path);
    // The directory that is unpacked into keeps what it has.
    if (cleaned === '') return;
    const path = this.#inRoot(cleaned);
    const { directory, name } = splitPath(path);
    this.#makeRoom(directory, name, cleaned, entry);
    const dir = this.#directories.get(directory);
    const owner = this.#job.owner ?? entry;
    switch (entry.type) {
      case 'file':
        this.#file = beginFile(dir, name, entry, owner);
        break;
      case 'directory':
        this.#directories.add(path, writeDirectory(dir, name, entry, owner));
        this.#times.set(path, { seconds: entry.mtimeSeconds, nanos: entry.mtimeNanos });
        break;
      case 'symlink':
        writeSymlink(dir, name, entry, owner);
        break;
      case 'hardlink':
        this.#writeHardlink(path, name, entry);
        break;
      default:
        writeNode(dir, name, entry, owner);
    }
  }

  /** Removes what is in the way of an entry; a directory stays for a directory. */
  #makeRoom(directory: string, name: string, shown: string, entry: TarEntry): void {
    const dir = this.#directories.get(directory);
    const found = statAtIfAny(dir, name);
    if (found === undefined) return;
    const isDir = isDirectory(found);
    const wantsDir = entry.type === 'directory';
    if (isDir && wantsDir) return;
    if (this.#job.keepKinds && isDir !== wantsDir) {
      const there = `${this.#job.shownDirectory.replace(/\/$/, '')}/${showByteText(shown)}`;
      const [old, fresh] = isDir ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
      const words = `cannot overwrite ${old} ${JSON.stringify(there)} with ${fresh} ${JSON.stringify(this.#job.shownDirectory)}`;
      throw new BerthError('invalid', 'archive.kind', words);
    }
    if (isDir) {
      this.#directories.forget();
      removeTreeAt(this.#directories.get(directory), name);
    } else {
      unlinkAt(dir, name);
      // A link that was removed may have been part of a path.
      this.#directories.forget();
    }
  }

  #writeHardlink(path: string, name: string, entry: TarEntry): void {
    const target = splitPath(this.#inRoot(cleanPath(entry.linkPath)));
    // Opened apart from the cache: a get() may close what an earlier one returned.
    const targetDir = openAt(this.#directories.get(target.directory), '.', O_RDONLY | O_DIRECTORY);
    try {
      linkAt(targetDir, target.name, this.#directories.get(splitPath(path).directory), name);
    } finally {
      closeFd(targetDir);
    }
  }
}

function explain(error: unknown, entry: TarEntry): unknown {
  if (error instanceof BerthError) return error;
  const name = JSON.stringify(showByteText(entry.path));
  if (isErrno(error, 'ENOSPC', 'EDQUOT'))
    return new BerthError('unavailable', 'archive.full', `write ${name}: no space left on device`, { cause: error });
  if (isErrno(error, 'EROFS'))
    return new BerthError('forbidden', 'archive.read-only', `write ${name}: read-only file system`, { cause: error });
  const code = isErrno(
    error,
    'ENOENT',
    'ENOTDIR',
    'EISDIR',
    'ELOOP',
    'ENAMETOOLONG',
    'EPERM',
    'EACCES',
    'EBUSY',
    'EXDEV',
  );
  if (!code) return error;
  const system = error as NodeJS.ErrnoException;
  const words = `archive entry ${name} (${entry.type}) cannot be written: ${system.syscall ?? ''} ${system.code ?? ''}`;
  return new BerthError('invalid', 'archive.entry', words, { cause: error });
}

/**
 * Unpacks a tar, compressed or not, into a directory of a root file system. Neither names nor links lead out of the root, and
 * names not out of the directory.
 *
 * @throws invalid for a damaged or hostile archive, forbidden on a read-only file system
 */
export async function unpackTree(job: UnpackTreeJob, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  closeFd(openInRoot(job.root, job.directory, O_RDONLY | O_DIRECTORY));
  using writer = new TreeWriter(job);
  const parser = new TarParser(writer);
  const plain = await decompress(bytes);
  for await (const piece of plain.bytes) parser.push(piece);
  parser.end();
  writer.finish();
}

/** {@link unpackTree} in a worker, the archive coming in through the port. */
export async function receiveTree(job: UnpackTreeJob, bytes: MessagePort | undefined): Promise<void> {
  if (bytes === undefined) throw new Error('unpacking needs a port');
  await unpackTree(job, receiveBytes(bytes));
}
