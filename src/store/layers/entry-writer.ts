import { ftruncateSync, writeSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import {
  chmodFd,
  chmodPathFd,
  chownAt,
  chownFd,
  closeFd,
  linkAt,
  mkdirAt,
  mknodAt,
  openAt,
  setTimesAt,
  setTimesFd,
  symlinkAt,
} from '#sys/files/at-calls.ts';
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
} from '#sys/files/flags.ts';
import { setXattrAt, setXattrFd } from '#sys/files/xattrs.ts';

/** Owner and attributes an entry gets on disk. */
export interface EntryOwner {
  readonly uid: number;
  readonly gid: number;
}

/** A regular file whose data is being written. */
export interface OpenFile {
  readonly fd: number;
  readonly entry: TarEntry;
  readonly owner: EntryOwner;
  /** Next run of a sparse file and how much of it is written. */
  run: number;
  inRun: number;
}

/** Creates a regular file. @throws EEXIST when the name is taken */
export function beginFile(dir: number, name: string, entry: TarEntry, owner: EntryOwner): OpenFile {
  const fd = openAt(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  return { fd, entry, owner, run: 0, inRun: 0 };
}

export function writeFileData(file: OpenFile, bytes: Uint8Array): void {
  const runs = file.entry.sparse;
  if (runs === undefined) {
    writeAll(file.fd, bytes, null);
    return;
  }
  let at = 0;
  while (at < bytes.length) {
    const run = runs[file.run]!;
    const count = Math.min(run.size - file.inRun, bytes.length - at);
    writeAll(file.fd, bytes.subarray(at, at + count), run.offset + file.inRun);
    at += count;
    file.inRun += count;
    if (file.inRun === run.size) {
      file.run += 1;
      file.inRun = 0;
    }
  }
}

/** Gives the file its size, owner, mode, attributes and time, in the order in which none undoes another, and closes it. */
export function finishFile(file: OpenFile): void {
  const { fd, entry, owner } = file;
  try {
    if (entry.sparse !== undefined) ftruncateSync(fd, entry.size);
    chownFd(fd, owner.uid, owner.gid);
    chmodFd(fd, entry.mode);
    setXattrsFd(fd, entry);
    setTimesFd(fd, entry.mtimeSeconds, entry.mtimeNanos);
  } finally {
    closeFd(fd);
  }
}

/** Makes a directory or takes one that is there, and gives it owner, mode and attributes; times come last of all. @returns its descriptor */
export function writeDirectory(dir: number, name: string, entry: TarEntry, owner: EntryOwner): number {
  try {
    mkdirAt(dir, name, 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  const fd = openAt(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    dressDirectory(fd, entry, owner);
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** Owner, mode and attributes of a directory that is there. */
export function dressDirectory(fd: number, entry: TarEntry, owner: EntryOwner): void {
  chownFd(fd, owner.uid, owner.gid);
  chmodFd(fd, entry.mode);
  setXattrsFd(fd, entry);
}

export function writeSymlink(dir: number, name: string, entry: TarEntry, owner: EntryOwner): void {
  symlinkAt(entry.linkPath, dir, name);
  if (owner.uid !== 0 || owner.gid !== 0) chownAt(dir, name, owner.uid, owner.gid);
  setXattrsAt(dir, name, entry);
  setTimesAt(dir, name, entry.mtimeSeconds, entry.mtimeNanos);
}

/** A device or a fifo. */
export function writeNode(dir: number, name: string, entry: TarEntry, owner: EntryOwner): void {
  const type = entry.type === 'char' ? S_IFCHR : entry.type === 'block' ? S_IFBLK : S_IFIFO;
  mknodAt(dir, name, type | 0o600, entry.devMajor, entry.devMinor);
  const fd = openAt(dir, name, O_PATH | O_NOFOLLOW);
  try {
    chownAt(dir, name, owner.uid, owner.gid);
    chmodPathFd(fd, entry.mode);
  } finally {
    closeFd(fd);
  }
  setXattrsAt(dir, name, entry);
  setTimesAt(dir, name, entry.mtimeSeconds, entry.mtimeNanos);
}

export function writeHardlink(targetDir: number, target: string, dir: number, name: string): void {
  linkAt(targetDir, target, dir, name);
}

/** Attributes in which overlay keeps its own state: they say nothing about the image and could change what it shows. */
export function isOverlayXattr(name: string): boolean {
  return name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.');
}

function setXattrsFd(fd: number, entry: TarEntry): void {
  if (entry.xattrs === undefined) return;
  for (const [name, value] of entry.xattrs) if (!isOverlayXattr(name)) setXattrFd(fd, name, value);
}

function setXattrsAt(dir: number, file: string, entry: TarEntry): void {
  if (entry.xattrs === undefined) return;
  for (const [name, value] of entry.xattrs) {
    // user.* attributes exist on files and directories only (xattr(7)).
    if (!isOverlayXattr(name) && !name.startsWith('user.')) setXattrAt(dir, file, name, value);
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number | null): void {
  let at = 0;
  while (at < bytes.length) {
    const written = writeSync(fd, bytes, at, bytes.length - at, position === null ? null : position + at);
    at += written;
  }
}
