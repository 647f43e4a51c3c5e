import { closeSync, readSync } from 'node:fs';
import { CHUNK_BYTES, takeChunk } from '#base/chunk-pool.ts';
import { isErrno } from '#base/errors.ts';

import type { SparseRun, TarEntry, TarEntryType } from '#spec/tar/tar-entry.ts';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { openAt, readLinkAt } from '#sys/files/at-calls.ts';
import { dataRuns } from '#sys/files/copy-data.ts';
import {
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
import { statFd } from '#sys/files/stat-at.ts';
import { readXattrsAt } from '#sys/files/xattrs.ts';
import type { TreeMember } from './tree-member.ts';

/** Files that lack more than this on disk are looked through for holes. */
const HOLE_MIN = 64 * 1024;

const TYPES: ReadonlyMap<number, TarEntryType> = new Map<number, TarEntryType>([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFLNK, 'symlink'],
  [S_IFCHR, 'char'],
  [S_IFBLK, 'block'],
  [S_IFIFO, 'fifo'],
]);

/** A deletion: becomes an empty file with the whiteout's name. */
export interface Whiteout {
  readonly whiteout: string;
}

/**
 * Packs files into a tar archive: hard links, holes, devices, attributes and nanoseconds included; sockets are left out. Each
 * piece's memory is the receiver's.
 */
export function* treeToTar(members: Iterable<TreeMember | Whiteout>): Generator<Uint8Array, void, void> {
  const writer = new PieceWriter();
  const linked = new Map<string, string>();
  for (const member of members) {
    if ('whiteout' in member) yield* writer.bytes(encodeTarHeader({ ...plainEntry('file', member.whiteout), mode: 0 }));
    else yield* writeMember(writer, member, linked);
  }
  yield* writer.bytes(Buffer.from(TAR_END));
  yield* writer.rest();
}

function* writeMember(
  writer: PieceWriter,
  member: TreeMember,
  linked: Map<string, string>,
): Generator<Uint8Array, void, void> {
  const { stat, dir, name } = member;
  const type = TYPES.get(stat.mode & S_IFMT);
  if (type === undefined) return;
  if (stat.links > 1 && type !== 'directory') {
    const key = `${stat.device}:${stat.inode}`;
    const first = linked.get(key);
    if (first !== undefined) {
      yield* writer.bytes(encodeTarHeader({ ...entryOf(member, 'hardlink'), linkPath: first }));
      return;
    }
    linked.set(key, member.path);
  }
  if (type !== 'file') {
    const link = type === 'symlink' ? readLinkAt(dir, name) : '';
    yield* writer.bytes(encodeTarHeader({ ...entryOf(member, type), linkPath: link }));
    return;
  }
  const fd = openRegular(member);
  if (fd === undefined) return;
  try {
    const sparse = stat.size - stat.allocated > HOLE_MIN ? holesOf(fd, stat.size) : undefined;
    yield* writer.bytes(encodeTarHeader({ ...entryOf(member, 'file'), size: stat.size, sparse }));
    const runs = sparse ?? [{ offset: 0, size: stat.size }];
    yield* writer.file(fd, runs);
  } finally {
    closeSync(fd);
  }
}

function entryOf({ dir, name, path, stat }: TreeMember, type: TarEntryType): TarEntry {
  return {
    ...plainEntry(type, path),
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    mtimeSeconds: stat.mtimeSeconds,
    mtimeNanos: stat.mtimeNanos,
    devMajor: type === 'char' || type === 'block' ? stat.devMajor : 0,
    devMinor: type === 'char' || type === 'block' ? stat.devMinor : 0,
    xattrs: type === 'hardlink' ? undefined : readXattrsAt(dir, name, isPortableXattr),
  };
}

/** Attributes that mean the same elsewhere: users' own and file capabilities. */
function isPortableXattr(name: string): boolean {
  return name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.'));
}

/** @returns undefined when the file is gone or something else by now */
function openRegular({ dir, name, stat }: TreeMember): number | undefined {
  let fd: number;
  try {
    fd = openAt(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENXIO')) return undefined;
    throw error;
  }
  if ((statFd(fd).mode & S_IFMT) === S_IFREG && (stat.mode & S_IFMT) === S_IFREG) return fd;
  closeSync(fd);
  return undefined;
}

function holesOf(fd: number, size: number): SparseRun[] | undefined {
  const runs = dataRuns(fd, size);
  return runs.length === 1 && runs[0]!.size === size ? undefined : runs;
}

/** Fills pieces of one size. */
class PieceWriter {
  #piece = takeChunk();
  #length = 0;

  *bytes(bytes: Buffer): Generator<Uint8Array, void, void> {
    let at = 0;
    while (at < bytes.length) {
      const count = bytes.copy(this.#piece, this.#length, at);
      at += count;
      this.#length += count;
      if (this.#length === CHUNK_BYTES) yield this.#next();
    }
  }

  /** Data of a file and the zeros that fill its last block. A file that became shorter is filled with zeros. */
  *file(fd: number, runs: readonly SparseRun[]): Generator<Uint8Array, void, void> {
    let total = 0;
    for (const run of runs) {
      total += run.size;
      let left = run.size;
      let position = run.offset;
      while (left > 0) {
        const room = Math.min(CHUNK_BYTES - this.#length, left);
        const count = readSync(fd, this.#piece, this.#length, room, position);
        if (count === 0) this.#piece.fill(0, this.#length, this.#length + room);
        const taken = count === 0 ? room : count;
        left -= taken;
        position += taken;
        this.#length += taken;
        if (this.#length === CHUNK_BYTES) yield this.#next();
      }
    }
    yield* this.bytes(Buffer.alloc(tarPadding(total)));
  }

  *rest(): Generator<Uint8Array, void, void> {
    if (this.#length > 0) yield Buffer.from(this.#piece.subarray(0, this.#length));
  }

  #next(): Uint8Array {
    const full = this.#piece;
    this.#piece = takeChunk();
    this.#length = 0;
    return full;
  }
}
