import { cString, errno, errnoError, lastError, libc } from './libc.ts';

const ERANGE = 34;
const EOPNOTSUPP = 95;
const ENODATA = 61;
let scratch = Buffer.alloc(4096);

/** Path of a name below a directory's descriptor that no link in the name can redirect (the l*xattr calls do not follow it). */
export function descriptorPath(dir: number, name: string): string {
  return `/proc/self/fd/${dir}/${name}`;
}

export function setXattrFd(fd: number, name: string, value: Uint8Array): void {
  if ((libc.fsetxattr(fd, cString(name), value, value.length, 0) as number) < 0) throw lastError('fsetxattr', name);
}

export function setXattrAt(dir: number, file: string, name: string, value: Uint8Array): void {
  const path = cString(descriptorPath(dir, file));
  if ((libc.lsetxattr(path, cString(name), value, value.length, 0) as number) < 0) throw lastError('lsetxattr', name);
}

export function removeXattrAt(dir: number, file: string, name: string): void {
  const result = libc.lremovexattr(cString(descriptorPath(dir, file)), cString(name)) as number;
  if (result < 0 && errno() !== ENODATA) throw lastError('lremovexattr', name);
}

/** @returns undefined when the file has no such attribute */
export function getXattrAt(dir: number, file: string, name: string): Buffer | undefined {
  return read(name, (buffer) => {
    return Number(libc.lgetxattr(cString(descriptorPath(dir, file)), cString(name), buffer, buffer.length));
  });
}

/** All attributes of a file that the filter lets through; undefined when there are none. */
export function readXattrsAt(
  dir: number,
  file: string,
  wanted: (name: string) => boolean,
): Map<string, Uint8Array> | undefined {
  const list = read(file, (buffer) =>
    Number(libc.llistxattr(cString(descriptorPath(dir, file)), buffer, buffer.length)),
  );
  if (list === undefined || list.length === 0) return undefined;
  let found: Map<string, Uint8Array> | undefined;
  for (const name of list.toString('latin1').split('\0')) {
    if (name === '' || !wanted(name)) continue;
    const value = getXattrAt(dir, file, name);
    if (value === undefined) continue;
    found ??= new Map();
    found.set(name, value);
  }
  return found;
}

function read(what: string, call: (buffer: Buffer) => number): Buffer | undefined {
  for (;;) {
    const length = call(scratch);
    if (length >= 0) return Buffer.from(scratch.subarray(0, length));
    const number = errno();
    if (number === ENODATA || number === EOPNOTSUPP) return undefined;
    if (number !== ERANGE || scratch.length > 1 << 20) throw errnoError(number, 'getxattr', what);
    scratch = Buffer.alloc(scratch.length * 4);
  }
}
