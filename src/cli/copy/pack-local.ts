/** Makes a tar of a file or folder of this machine. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { CHUNK_BYTES, takeChunk } from '#base/chunk-pool.ts';
import { isErrno } from '#base/errors.ts';
import { byteText, toByteText } from '#spec/tar/byte-text.ts';
import type { TarEntry, TarEntryType } from '#spec/tar/tar-entry.ts';
import { encodeTarHeader, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { fileError } from '../file-error.ts';

const NO_PADDING: Uint8Array = new Uint8Array(512);

/** Fills chunks of one size; whoever takes them keeps them. */
class ChunkFiller {
  #chunk = takeChunk();
  #used = 0;

  get room(): number {
    return CHUNK_BYTES - this.#used;
  }

  /** The free part of the chunk: write into it, then `advance`. */
  get free(): Buffer {
    return this.#chunk.subarray(this.#used);
  }

  advance(bytes: number): void {
    this.#used += bytes;
  }

  /** Takes what is filled. */
  take(): Buffer {
    // A whole chunk goes to the other thread as it is; of a part the rest would go with it.
    const filled = this.room === 0 ? this.#chunk : Buffer.copyBytesFrom(this.#chunk, 0, this.#used);
    this.#chunk = takeChunk();
    this.#used = 0;
    return filled;
  }

  *put(bytes: Uint8Array): Generator<Buffer> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + this.room);
      this.free.set(part);
      this.advance(part.length);
      at += part.length;
      if (this.room === 0) yield this.take();
    }
  }
}

function typeOf(stat: BigIntStats): TarEntryType | undefined {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'char';
  if (stat.isBlockDevice()) return 'block';
  if (stat.isFIFO()) return 'fifo';
  // A socket means nothing without its process.
  return undefined;
}

/** Device numbers as glibc packs them (makedev(3)). */
function major(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn));
}
function minor(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & ~0xffn));
}

function entryOf(stat: BigIntStats, type: TarEntryType, path: string, linkPath: string): TarEntry {
  const isDevice = type === 'char' || type === 'block';
  return {
    type,
    path,
    linkPath,
    size: type === 'file' ? Number(stat.size) : 0,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    userName: '',
    groupName: '',
    mtimeSeconds: Number(stat.mtimeNs / 1_000_000_000n),
    mtimeNanos: Number(stat.mtimeNs % 1_000_000_000n),
    devMajor: isDevice ? major(stat.rdev) : 0,
    devMinor: isDevice ? minor(stat.rdev) : 0,
    xattrs: undefined,
    sparse: undefined,
  };
}

/** A name of the file system as Node takes it: text, or bytes where they are no text. */
type FsPath = string | Buffer;

function child(parent: FsPath, name: Buffer): FsPath {
  const text = name.toString('utf8');
  if (typeof parent === 'string' && Buffer.from(text).equals(name))
    return parent.endsWith('/') ? parent + text : `${parent}/${text}`;
  return Buffer.concat([Buffer.from(parent), Buffer.from('/'), name]);
}

class Packer {
  readonly #filler = new ChunkFiller();
  /** Paths in the archive of files with several names, by device and inode. */
  readonly #seen = new Map<string, string>();

  *run(path: string, name: string): Generator<Buffer> {
    yield* this.#any(path, toByteText(name));
    yield* this.#filler.put(TAR_END);
    const rest = this.#filler.take();
    if (rest.length > 0) yield rest;
  }

  *#any(path: FsPath, name: string): Generator<Buffer> {
    const stat = lstatSync(path, { bigint: true });
    const type = typeOf(stat);
    if (type === undefined) return;
    if (type !== 'directory' && stat.nlink > 1n) {
      const key = `${stat.dev}:${stat.ino}`;
      const first = this.#seen.get(key);
      if (first !== undefined) {
        yield* this.#filler.put(encodeTarHeader(entryOf(stat, 'hardlink', name, first)));
        return;
      }
      this.#seen.set(key, name);
    }
    if (type === 'file') {
      yield* this.#file(path, name);
      return;
    }
    const link = type === 'symlink' ? byteText(readlinkSync(path, 'buffer')) : '';
    yield* this.#filler.put(encodeTarHeader(entryOf(stat, type, name, link)));
    if (type !== 'directory') return;
    for (const item of readdirSync(path, 'buffer').sort(Buffer.compare))
      yield* this.#any(child(path, item), `${name}/${byteText(item)}`);
  }

  /** The size is the opened file's, and exactly that much is sent: what grows is cut, what shrinks is a failure. */
  *#file(path: FsPath, name: string): Generator<Buffer> {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const entry = entryOf(fstatSync(fd, { bigint: true }), 'file', name, '');
      yield* this.#filler.put(encodeTarHeader(entry));
      yield* this.#data(fd, entry.size, path);
      yield* this.#filler.put(NO_PADDING.subarray(0, tarPadding(entry.size)));
    } finally {
      closeSync(fd);
    }
  }

  *#data(fd: number, size: number, path: FsPath): Generator<Buffer> {
    for (let left = size; left > 0; ) {
      const read = readSync(fd, this.#filler.free, 0, Math.min(left, this.#filler.room), null);
      if (read === 0) throw new Error(`${path} became shorter while it was copied`);
      this.#filler.advance(read);
      left -= read;
      if (this.#filler.room === 0) yield this.#filler.take();
    }
  }
}

/**
 * The archive, piece by piece; nothing is read before it is asked for.
 *
 * @param path what to pack
 * @param name what it is called in the archive
 */
export function* packLocal(path: string, name: string): Generator<Buffer> {
  try {
    yield* new Packer().run(path, name);
  } catch (error) {
    if (!isErrno(error) && !(error instanceof Error && 'errno' in error)) throw error;
    const failed = 'path' in error && typeof error.path === 'string' ? error.path : path;
    throw new Error(fileError(error, failed), { cause: error });
  }
}
