import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';
import type { Mount, OciConfig } from '#spec/oci-runtime/config.ts';

const PASSWD = '/etc/passwd';

/**
 * The home directory that a container's own /etc/passwd gives a user; `/` when it does not know him.
 *
 * @param root directory that is or will be the container's root
 * @param config whose bind mount of /etc/passwd counts instead, if there is one and the container does not run yet
 */
export function homeDirectory(root: string, uid: number, config?: OciConfig): string {
  const bound = config?.mounts?.findLast(isPasswdMount)?.source;
  const text = bound === undefined ? readInside(root, PASSWD) : readRegular(bound);
  for (const line of (text ?? '').split('\n')) {
    const fields = line.split(':');
    if (fields.length >= 6 && Number(fields[2]) === uid && fields[2] !== '') return fields[5] || '/';
  }
  return '/';
}

function isPasswdMount(mount: Mount): boolean {
  return mount.destination.replace(/\/+$/, '') === PASSWD && mount.source !== undefined;
}

/** Follows links only as far as they stay inside. */
function readInside(root: string, path: string): string | undefined {
  try {
    const top = realpathSync(root);
    const real = realpathSync(join(root, path));
    if (top !== '/' && !real.startsWith(`${top}/`)) return undefined;
    return readRegular(real);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return undefined;
    throw error;
  }
}

function readRegular(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENXIO')) return undefined;
    throw error;
  }
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, 'utf8') : undefined;
  } finally {
    closeSync(fd);
  }
}
