import { AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, O_CLOEXEC, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from './flags.ts';
import { cString, lastError, libc, NR } from './libc.ts';

/**
 * Calls on a name in a directory given by its descriptor. `name` is one component; none of them follows a symbolic link in it
 * except `openAt` without O_NOFOLLOW.
 */

/** @returns a descriptor */
export function openAt(dir: number, name: string, flags: number, mode = 0): number {
  const fd = libc.openat(dir, cString(name), flags | O_CLOEXEC, mode) as number;
  if (fd < 0) throw lastError('openat', name);
  return fd;
}

const how = Buffer.alloc(24);

/**
 * Opens a path of several components as if `root` were the root directory: neither `..` nor absolute links lead out
 * (openat2(2), RESOLVE_IN_ROOT).
 */
export function openInRoot(root: number, path: string, flags: number, mode = 0, resolve = 0): number {
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve), 16);
  const target = cString(path === '' ? '.' : path);
  for (;;) {
    const fd = Number(libc.syscall4(NR.openat2, root, target, how, 24));
    if (fd >= 0) return fd;
    const error = lastError('openat2', path);
    // The kernel asks to try again when a rename raced with `..`.
    if (error.code !== 'EAGAIN') throw error;
  }
}

export function closeFd(fd: number): void {
  libc.close(fd);
}

export function mkdirAt(dir: number, name: string, mode: number): void {
  if ((libc.mkdirat(dir, cString(name), mode) as number) < 0) throw lastError('mkdirat', name);
}

/** @param mode type and permission; the process's umask applies */
export function mknodAt(dir: number, name: string, mode: number, major: number, minor: number): void {
  if ((libc.mknodat(dir, cString(name), mode, makeDev(major, minor)) as number) < 0) throw lastError('mknodat', name);
}

export function symlinkAt(target: string, dir: number, name: string): void {
  if ((libc.symlinkat(cString(target), dir, cString(name)) as number) < 0) throw lastError('symlinkat', name);
}

export function linkAt(fromDir: number, from: string, dir: number, name: string): void {
  if ((libc.linkat(fromDir, cString(from), dir, cString(name), 0) as number) < 0) throw lastError('linkat', name);
}

/** Moves a name; what has the new name is replaced as rename(2) does. */
export function renameAt(fromDir: number, from: string, dir: number, name: string): void {
  if ((libc.renameat2(fromDir, cString(from), dir, cString(name), 0) as number) < 0) throw lastError('renameat2', name);
}

export function unlinkAt(dir: number, name: string): void {
  if ((libc.unlinkat(dir, cString(name), 0) as number) < 0) throw lastError('unlinkat', name);
}

export function rmdirAt(dir: number, name: string): void {
  if ((libc.unlinkat(dir, cString(name), AT_REMOVEDIR) as number) < 0) throw lastError('unlinkat', name);
}

export function chownAt(dir: number, name: string, uid: number, gid: number): void {
  if ((libc.fchownat(dir, cString(name), uid, gid, AT_SYMLINK_NOFOLLOW) as number) < 0)
    throw lastError('fchownat', name);
}

export function chownFd(fd: number, uid: number, gid: number): void {
  if ((libc.fchown(fd, uid, gid) as number) < 0) throw lastError('fchown', '');
}

export function chmodFd(fd: number, mode: number): void {
  if ((libc.fchmod(fd, mode) as number) < 0) throw lastError('fchmod', '');
}

/** Changes the mode of what an O_PATH descriptor names, which fchmod(2) refuses. Not for symbolic links. */
export function chmodPathFd(fd: number, mode: number): void {
  if ((libc.chmod(`/proc/self/fd/${fd}`, mode) as number) < 0) throw lastError('chmod', '');
}

const times = new Int32Array(8);

function fillTimes(seconds: number, nanos: number): Int32Array {
  const high = Math.floor(seconds / 0x1_0000_0000);
  for (let i = 0; i < 8; i += 4) {
    times[i] = seconds | 0;
    if (seconds > 0x7fff_ffff || seconds < -0x8000_0000) times[i] = Number(BigInt.asIntN(32, BigInt(seconds)));
    times[i + 1] = high;
    times[i + 2] = nanos;
    times[i + 3] = 0;
  }
  return times;
}

/** Sets both times of a name, of the link itself if it is one. */
export function setTimesAt(dir: number, name: string, seconds: number, nanos: number): void {
  const result = libc.utimensat(dir, cString(name), fillTimes(seconds, nanos), AT_SYMLINK_NOFOLLOW) as number;
  if (result < 0) throw lastError('utimensat', name);
}

export function setTimesFd(fd: number, seconds: number, nanos: number): void {
  if ((libc.futimens(fd, fillTimes(seconds, nanos)) as number) < 0) throw lastError('futimens', '');
}

const link = Buffer.alloc(4097);

/** Target of a symbolic link as byte text; with an empty name the link an O_PATH descriptor names. */
export function readLinkAt(dir: number, name: string): string {
  const length = Number(libc.readlinkat(dir, cString(name), link, link.length));
  if (length < 0) throw lastError('readlinkat', name);
  return link.toString('latin1', 0, length);
}

/** Device number as the kernel's user interface packs it (makedev(3)). */
export function makeDev(major: number, minor: number): number {
  const low = (minor & 0xff) | ((major & 0xfff) << 8);
  return low + (minor >>> 8) * 0x10_0000 + Math.floor(major / 0x1000) * 0x1000_0000_0000;
}
