import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, S_IFCHR, S_IFDIR, S_IFMT } from './flags.ts';
import { cString, lastError, libc } from './libc.ts';

/** What statx(2) says about a file. */
export interface FileStat {
  /** Type and permission. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Together with `inode` the identity of a file. */
  readonly device: number;
  readonly inode: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes on the disk. */
  readonly allocated: number;
  readonly devMajor: number;
  readonly devMinor: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
  readonly ctimeSeconds: number;
}

const BASIC_STATS = 0x7ff;
const buffer = Buffer.alloc(256);

function statx(dir: number, name: string, flags: number): FileStat {
  if ((libc.statx(dir, cString(name), flags, BASIC_STATS, buffer) as number) < 0) throw lastError('statx', name);
  return {
    links: buffer.readUInt32LE(16),
    uid: buffer.readUInt32LE(20),
    gid: buffer.readUInt32LE(24),
    mode: buffer.readUInt16LE(28),
    inode: Number(buffer.readBigUInt64LE(32)),
    size: Number(buffer.readBigUInt64LE(40)),
    allocated: Number(buffer.readBigUInt64LE(48)) * 512,
    ctimeSeconds: Number(buffer.readBigInt64LE(96)),
    mtimeSeconds: Number(buffer.readBigInt64LE(112)),
    mtimeNanos: buffer.readUInt32LE(120),
    devMajor: buffer.readUInt32LE(128),
    devMinor: buffer.readUInt32LE(132),
    device: buffer.readUInt32LE(136) * 0x100000 + buffer.readUInt32LE(140),
  };
}

/** The file itself, also when it is a symbolic link. @throws ENOENT */
export function statAt(dir: number, name: string): FileStat {
  return statx(dir, name, AT_SYMLINK_NOFOLLOW);
}

/** @returns undefined when there is no such name */
export function statAtIfAny(dir: number, name: string): FileStat | undefined {
  try {
    return statx(dir, name, AT_SYMLINK_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function statFd(fd: number): FileStat {
  return statx(fd, '', AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}

export function isDirectory(stat: FileStat): boolean {
  return (stat.mode & S_IFMT) === S_IFDIR;
}

/** An overlay whiteout: a character device 0/0. */
export function isWhiteout(stat: FileStat): boolean {
  return (stat.mode & S_IFMT) === S_IFCHR && stat.devMajor === 0 && stat.devMinor === 0;
}
