import { getSystemErrorMessage } from 'node:util';
import { messageOf } from '#base/errors.ts';

/** Where libuv's words differ from those that Go prints. */
const GO_WORDS: Readonly<Record<string, string>> = {
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'too many open files in system',
  ENOMEM: 'cannot allocate memory',
  ENOTSUP: 'operation not supported',
  ETXTBSY: 'text file busy',
  EXDEV: 'invalid cross-device link',
};

/**
 * A failure of the file system as Go words it: `open x: no such file or directory`.
 *
 * @param path as the user gave it
 */
export function fileError(error: unknown, path: string): string {
  if (!(error instanceof Error) || !('errno' in error) || !('syscall' in error)) return messageOf(error);
  const words = 'code' in error ? GO_WORDS[String(error.code)] : undefined;
  return `${error.syscall} ${path}: ${words ?? getSystemErrorMessage(Number(error.errno))}`;
}
