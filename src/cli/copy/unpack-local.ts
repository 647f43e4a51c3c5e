/**
 * Unpacks an archive that came out of a container into a folder of this machine. The archive is not trusted: nothing it says
 * makes us write outside the folder, whatever links it contains or finds.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  realpathSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { isUtf8Text, rawBytes, showByteText } from '#spec/tar/byte-text.ts';
import { cleanPath, splitPath } from '#spec/tar/clean-path.ts';
import type { SparseRun, TarEntry } from '#spec/tar/tar-entry.ts';
import type { TarHandler } from '#spec/tar/tar-parser.ts';
import { fileError } from '../file-error.ts';
import { type CopyPlan, renameEntry } from './paths.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

type FsPath = string | Buffer;

interface OpenFile {
  readonly fd: number;
  readonly path: FsPath;
  readonly entry: TarEntry;
  readonly runs: readonly SparseRun[];
  run: number;
  /** Where the next byte goes. */
  offset: number;
}

const secondsOf = (entry: TarEntry): number => entry.mtimeSeconds + entry.mtimeNanos / 1e9;

/** Writes the members of an archive as they are parsed. Owners are whoever runs this, as docker's client has it. */
export class LocalWriter implements TarHandler {
  readonly #root: string;
  readonly #rename: CopyPlan['rename'];
  /** Directories known to be real ones inside the root, by path in the archive. */
  readonly #directories = new Set<string>();
  /** What directories get at the end, because writing into them changes their times and may need their permissions. */
  readonly #finishing = new Map<string, { readonly mode: number; readonly seconds: number }>();
  #file: OpenFile | undefined;

  /** @param root an existing folder; links on the way to it are the user's own */
  constructor(root: string, rename: CopyPlan['rename']) {
    this.#root = realpathSync(root);
    this.#rename = rename;
    this.#directories.add('');
  }

  entry(entry: TarEntry): void {
    const path = cleanPath(renameEntry(entry.path, this.#rename));
    this.#explained(path, () => this.#create(path, entry));
  }

  data(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#explained('', () => {
      for (let at = 0; at < bytes.length; ) {
        const run = file.runs[file.run];
        const end = run === undefined ? Number.POSITIVE_INFINITY : run.offset + run.size;
        const length = Math.min(bytes.length - at, end - file.offset);
        const written = writeSync(file.fd, bytes, at, length, file.offset);
        at += written;
        file.offset += written;
        if (file.offset === end) {
          file.run++;
          file.offset = file.runs[file.run]?.offset ?? file.offset;
        }
      }
    });
  }

  entryEnd(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    const { fd, entry } = file;
    this.#explained(entry.path, () => {
      try {
        // What ends in a hole has nothing written at its end.
        if (entry.sparse !== undefined) ftruncateSync(fd, entry.size);
        fchmodSync(fd, entry.mode);
        futimesSync(fd, secondsOf(entry), secondsOf(entry));
      } finally {
        closeSync(fd);
      }
    });
  }

  /** Call after the last member. */
  finish(): void {
    for (const [path, { mode, seconds }] of this.#finishing) {
      this.#explained(path, () => {
        chmodSync(this.#at(path), mode);
        lutimesSync(this.#at(path), seconds, seconds);
      });
    }
  }

  /** Call when no more comes, whatever the reason. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  #at(path: string): FsPath {
    if (path === '') return this.#root;
    const separator = this.#root === '/' ? '' : '/';
    if (isUtf8Text(path)) return `${this.#root}${separator}${showByteText(path)}`;
    return Buffer.concat([Buffer.from(`${this.#root}${separator}`), rawBytes(path)]);
  }

  #explained<T>(path: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof Error && 'errno' in error)) throw error;
      const failed = 'path' in error && typeof error.path === 'string' ? error.path : String(this.#at(path));
      throw new Error(fileError(error, failed), { cause: error });
    }
  }

  #lstat(path: string): Stats | undefined {
    return lstatSync(this.#at(path), { throwIfNoEntry: false });
  }

  /** Makes sure that a folder is there and that no link leads out of the root on the way to it. */
  #enter(path: string): void {
    if (this.#directories.has(path)) return;
    this.#enter(splitPath(path).directory);
    const found = this.#lstat(path);
    if (found === undefined) mkdirSync(this.#at(path), 0o777);
    else if (found.isSymbolicLink()) this.#checkLink(path);
    else if (!found.isDirectory()) throw new Error(`${this.#at(path)}: not a directory`);
    if (found === undefined || found.isDirectory()) this.#directories.add(path);
  }

  /** A link that stands where a folder is wanted is good if it leads to a folder inside the root. */
  #checkLink(path: string): void {
    const real = realpathSync(this.#at(path));
    const isInside = this.#root === '/' || real === this.#root || real.startsWith(`${this.#root}/`);
    if (!isInside)
      throw new Error(`refused to follow the symbolic link ${this.#at(path)}: it leads out of ${this.#root}`);
    if (!statSync(real).isDirectory()) throw new Error(`${this.#at(path)}: not a directory`);
  }

  #create(path: string, entry: TarEntry): void {
    if (path !== '') this.#enter(splitPath(path).directory);
    const isDirectory = entry.type === 'directory';
    const found = path === '' ? undefined : this.#lstat(path);
    if (found?.isDirectory() && !isDirectory)
      throw new Error(
        `cannot overwrite directory ${JSON.stringify(showByteText(path))} with non-directory ${JSON.stringify(this.#root)}`,
      );
    if (found !== undefined && !found.isDirectory()) {
      if (isDirectory)
        throw new Error(
          `cannot overwrite non-directory ${JSON.stringify(showByteText(path))} with directory ${JSON.stringify(this.#root)}`,
        );
      unlinkSync(this.#at(path));
    }
    if (isDirectory) this.#directory(path, entry, found !== undefined);
    else this.#leaf(path, entry);
  }

  #directory(path: string, entry: TarEntry, exists: boolean): void {
    if (path === '') return;
    if (!exists) mkdirSync(this.#at(path), 0o700);
    this.#directories.add(path);
    this.#finishing.set(path, { mode: entry.mode, seconds: secondsOf(entry) });
  }

  #leaf(path: string, entry: TarEntry): void {
    const at = this.#at(path);
    switch (entry.type) {
      case 'file': {
        const fd = openSync(at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        const runs = entry.sparse ?? [];
        this.#file = { fd, path: at, entry, runs, run: 0, offset: runs[0]?.offset ?? 0 };
        return;
      }
      case 'hardlink': {
        const target = cleanPath(renameEntry(entry.linkPath, this.#rename));
        this.#enter(splitPath(target).directory);
        linkSync(this.#at(target), at);
        return;
      }
      case 'symlink':
        symlinkSync(rawBytes(entry.linkPath), at);
        lutimesSync(at, secondsOf(entry), secondsOf(entry));
        return;
      default:
        throw new Error(
          `cannot create ${at}: a ${entry.type === 'fifo' ? 'named pipe' : 'device'} cannot be copied out of a container`,
        );
    }
  }
}
