import koffi from 'koffi';
import { isAscii } from '#spec/tar/byte-text.ts';

/**
 * The system calls of the file layer. They block and loading them costs some 10 ms: call them in a worker thread.
 * Names are byte text (see byte-text.ts); the wrappers throw errors with `code`, `syscall` and `path` as Node's own do.
 */
const lib = koffi.load(null);

const raw = {
  openat: lib.func('int openat(int, const void*, int, uint)'),
  syscall4: lib.func('long syscall(long, long, const void*, const void*, long)'),
  syscall3: lib.func('long syscall(long, long, void*, long)'),
  close: lib.func('int close(int)'),
  mkdirat: lib.func('int mkdirat(int, const void*, uint)'),
  mknodat: lib.func('int mknodat(int, const void*, uint, ulong)'),
  symlinkat: lib.func('int symlinkat(const void*, int, const void*)'),
  linkat: lib.func('int linkat(int, const void*, int, const void*, int)'),
  unlinkat: lib.func('int unlinkat(int, const void*, int)'),
  renameat2: lib.func('int renameat2(int, const void*, int, const void*, uint)'),
  fchownat: lib.func('int fchownat(int, const void*, uint, uint, int)'),
  fchown: lib.func('int fchown(int, uint, uint)'),
  fchmod: lib.func('int fchmod(int, uint)'),
  chmod: lib.func('int chmod(const void*, uint)'),
  utimensat: lib.func('int utimensat(int, const void*, const void*, int)'),
  futimens: lib.func('int futimens(int, const void*)'),
  readlinkat: lib.func('long readlinkat(int, const void*, void*, ulong)'),
  statx: lib.func('int statx(int, const void*, int, uint, void*)'),
  fsetxattr: lib.func('int fsetxattr(int, const void*, const void*, ulong, int)'),
  lsetxattr: lib.func('int lsetxattr(const void*, const void*, const void*, ulong, int)'),
  lgetxattr: lib.func('long lgetxattr(const void*, const void*, void*, ulong)'),
  llistxattr: lib.func('long llistxattr(const void*, void*, ulong)'),
  lremovexattr: lib.func('int lremovexattr(const void*, const void*)'),
  copyFileRange: lib.func('long copy_file_range(int, void*, int, void*, ulong, uint)'),
  ioctlFd: lib.func('int ioctl(int, ulong, ...)'),
  lseek: lib.func('long lseek(int, long, int)'),
  fsopen: lib.func('long syscall(long, const void*, uint)'),
  fsconfig: lib.func('long syscall(long, int, uint, const void*, const void*, int)'),
  fsmount: lib.func('long syscall(long, int, uint, uint)'),
  syncfs: lib.func('int syncfs(int)'),
};

export const libc = raw;

/** Numbers of calls that libc has no wrapper for; the same on all architectures (syscalls(2)). */
export const NR = { fsopen: 430, fsconfig: 431, fsmount: 432, openat2: 437 } as const;
/** getdents64 differs between architectures. */
export const NR_GETDENTS64 = process.arch === 'arm64' ? 61 : 217;

/** A name as a C string; names that are not ASCII go as their raw bytes. */
export function cString(name: string): string | Buffer {
  return isAscii(name) ? name : Buffer.from(`${name}\0`, 'latin1');
}

const NAMES = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [Number(number), name]));
// Of two names for one number the one that Node uses.
for (const name of ['EAGAIN', 'ENOTSUP', 'EDEADLK']) NAMES.set(Number(koffi.os.errno[name]), name);

/** The error of the call that just failed, as Node's file functions throw it. */
export function lastError(syscall: string, path: string): NodeJS.ErrnoException {
  return errnoError(koffi.errno(), syscall, path);
}

export function errnoError(errno: number, syscall: string, path: string): NodeJS.ErrnoException {
  const code = NAMES.get(errno) ?? `errno ${errno}`;
  const error: NodeJS.ErrnoException = new Error(
    `${code}: ${syscall} '${Buffer.from(path, 'latin1').toString('utf8')}'`,
  );
  error.code = code;
  error.errno = -errno;
  error.syscall = syscall;
  error.path = path;
  return error;
}

export function errno(): number {
  return koffi.errno();
}
