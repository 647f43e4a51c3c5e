import { readSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { isErrno } from '#base/errors.ts';
import type { TarEntry, TarEntryType } from '#spec/tar/tar-entry.ts';
import { encodeTarHeader, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { closeFd, openAt, openInRoot, readLinkAt } from '#sys/files/at-calls.ts';
import {
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from '#sys/files/flags.ts';
import { listDirectory } from '#sys/files/list-directory.ts';
import { type FileStat, statAt } from '#sys/files/stat-at.ts';
import { readXattrsAt } from '#sys/files/xattrs.ts';
import { isOverlayXattr } from '../layers/entry-writer.ts';
import { sendBytes } from '../worker/byte-port.ts';

export interface PackTreeJob {
  /** Descriptor of the root that paths are resolved in; stays the caller's and open until the job ends. */
  readonly root: number;
  /** Directory in the root, byte text: the one that is packed, or the one that holds `member`. */
  readonly directory: string;
  /** Name in the directory of the one file or link to pack; the directory itself when undefined. */
  readonly member: string | undefined;
  /** Name of what is packed in the archive; what is in a directory follows as `name/...`. Empty: without the directory itself. */
  readonly name: string;
}

const TYPES: Readonly<Record<number, TarEntryType>> = {
  [S_IFREG]: 'file',
  [S_IFDIR]: 'directory',
  [S_IFLNK]: 'symlink',
  [S_IFCHR]: 'char',
  [S_IFBLK]: 'block',
  [S_IFIFO]: 'fifo',
};

const PIECE = 1024 * 1024;

/** Collects an archive in pieces of even size; each piece has memory of its own, so that it can go to another thread. */
class PieceBuffer {
  #piece = Buffer.allocUnsafeSlow(PIECE);
  #filled = 0;

  get free(): number {
    return PIECE - this.#filled;
  }

  /** Takes what fits. @returns how much that was */
  put(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.free);
    this.#piece.set(count === bytes.length ? bytes : bytes.subarray(0, count), this.#filled);
    this.#filled += count;
    return count;
  }

  zeros(count: number): number {
    const taken = Math.min(count, this.free);
    this.#piece.fill(0, this.#filled, this.#filled + taken);
    this.#filled += taken;
    return taken;
  }

  /** Reads from a file right into the piece. @returns 0 at the end of the file */
  read(fd: number, most: number): number {
    const count = readSync(fd, this.#piece, this.#filled, Math.min(most, this.free), null);
    this.#filled += count;
    return count;
  }

  /** The piece when it is full or must go. */
  take(): Uint8Array {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#piece = Buffer.allocUnsafeSlow(PIECE);
    this.#filled = 0;
    return piece;
  }
}

/** Where an archive of one tree stands. */
class TreePacker {
  readonly #out = new PieceBuffer();
  /** First name of files with several links, by device and inode. */
  readonly #links = new Map<string, string>();

  *pack(dir: number, member: string | undefined, name: string): Generator<Uint8Array, void> {
    if (member !== undefined) yield* this.#packOne(dir, member, name);
    else yield* this.#packDirectory(dir, name);
    yield* this.#bytes(TAR_END);
    yield this.#out.take();
  }

  *#packDirectory(dir: number, name: string): Generator<Uint8Array, void> {
    if (name !== '') yield* this.#header(dir, '.', statAt(dir, '.'), name);
    const prefix = name === '' || name.endsWith('/') ? name : `${name}/`;
    for (const child of listDirectory(dir)) yield* this.#packOne(dir, child, prefix + child);
  }

  *#packOne(dir: number, child: string, name: string): Generator<Uint8Array, void> {
    try {
      const stat = statAt(dir, child);
      const type = TYPES[stat.mode & S_IFMT];
      if (type === 'directory') {
        const fd = openAt(dir, child, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        try {
          yield* this.#packDirectory(fd, name);
        } finally {
          closeFd(fd);
        }
      } else if (type === 'file') {
        yield* this.#packFile(dir, child, stat, name);
      } else if (type !== undefined) {
        yield* this.#header(dir, child, stat, name);
      }
      // Sockets are nothing that an archive could hold.
    } catch (error) {
      // The tree may be in use: what went away while we looked is not there.
      if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
    }
  }

  *#packFile(dir: number, child: string, stat: FileStat, name: string): Generator<Uint8Array, void> {
    if (stat.links > 1) {
      const key = `${stat.device}:${stat.inode}`;
      const first = this.#links.get(key);
      if (first !== undefined) {
        yield* this.#bytes(encodeTarHeader(entryOf(dir, child, stat, name, first)));
        return;
      }
      this.#links.set(key, name);
    }
    const fd = openAt(dir, child, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      yield* this.#header(dir, child, stat, name);
      yield* this.#data(fd, stat.size);
    } finally {
      closeFd(fd);
    }
  }

  *#data(fd: number, size: number): Generator<Uint8Array, void> {
    let left = size;
    while (left > 0) {
      if (this.#out.free === 0) yield this.#out.take();
      const count = this.#out.read(fd, left);
      if (count === 0) break;
      left -= count;
    }
    // A file that shrank is filled up with zeros, as its header promised a length; one that grew is cut.
    yield* this.#zeros(left + tarPadding(size));
  }

  *#header(dir: number, child: string, stat: FileStat, name: string): Generator<Uint8Array, void> {
    yield* this.#bytes(encodeTarHeader(entryOf(dir, child, stat, name, undefined)));
  }

  *#bytes(bytes: Uint8Array): Generator<Uint8Array, void> {
    let at = this.#out.put(bytes);
    while (at < bytes.length) {
      yield this.#out.take();
      at += this.#out.put(bytes.subarray(at));
    }
  }

  *#zeros(count: number): Generator<Uint8Array, void> {
    let left = count - this.#out.zeros(count);
    while (left > 0) {
      yield this.#out.take();
      left -= this.#out.zeros(left);
    }
  }
}

function isWantedXattr(name: string): boolean {
  return !isOverlayXattr(name) && !name.startsWith('system.');
}

function entryOf(dir: number, child: string, stat: FileStat, name: string, linkTo: string | undefined): TarEntry {
  const type = TYPES[stat.mode & S_IFMT] ?? 'file';
  const device = type === 'char' || type === 'block';
  return {
    type: linkTo === undefined ? type : 'hardlink',
    path: name,
    linkPath: linkTo ?? (type === 'symlink' ? readLinkAt(dir, child) : ''),
    size: type === 'file' && linkTo === undefined ? stat.size : 0,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    userName: '',
    groupName: '',
    mtimeSeconds: stat.mtimeSeconds,
    mtimeNanos: stat.mtimeNanos,
    devMajor: device ? stat.devMajor : 0,
    devMinor: device ? stat.devMinor : 0,
    xattrs: linkTo === undefined ? readXattrsAt(dir, child, isWantedXattr) : undefined,
    sparse: undefined,
  };
}

/**
 * Packs a file or a directory of a root file system as a tar. Every path is resolved inside the root.
 *
 * @returns the archive in pieces of a megabyte
 * @throws Errors of the system with `code` for what is asked for itself; files that vanish meanwhile are left out
 */
export function* packTree(job: PackTreeJob): Generator<Uint8Array, void> {
  const dir = openInRoot(job.root, job.directory, O_RDONLY | O_DIRECTORY);
  try {
    yield* new TreePacker().pack(dir, job.member, job.name);
  } finally {
    closeFd(dir);
  }
}

/** {@link packTree} in a worker, the archive going out through the port. */
export async function sendTree(job: PackTreeJob, bytes: MessagePort | undefined): Promise<void> {
  if (bytes === undefined) throw new Error('packing needs a port');
  await sendBytes(bytes, packTree(job));
}
