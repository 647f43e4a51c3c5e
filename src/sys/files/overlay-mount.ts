import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import type { OverlayRootfs } from '#spec/rootfs.ts';
import { closeFd, mknodAt, openAt } from './at-calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_RDONLY, S_IFCHR } from './flags.ts';
import { cString, lastError, libc, NR } from './libc.ts';
import { removeTree } from './remove-tree.ts';
import { setXattrAt } from './xattrs.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;

/** The options every overlay of a container is mounted with, so that its upper directory reads the same everywhere. */
const PLAIN: readonly (readonly [string, string])[] = [
  ['redirect_dir', 'nofollow'],
  ['metacopy', 'off'],
  ['index', 'off'],
];

/** fsconfig takes values up to this many bytes. */
const VALUE_MAX = 255;

/**
 * Mounts an overlay that no mount table ever shows: it lives as long as the descriptor (fsopen(2), fsmount(2)).
 *
 * @param rootfs without `upper` and `work` it is read-only and needs two lower directories
 * @returns a descriptor of its root directory
 * @throws BerthError `unsupported` for more layers than a kernel before Linux 6.8 takes
 */
export function mountDetachedOverlay(rootfs: Pick<OverlayRootfs, 'lower'> & Partial<OverlayRootfs>): number {
  try {
    return mountOverlay(
      rootfs,
      rootfs.lower.map((lower) => ['lowerdir+', lower]),
    );
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
    return mountJoined(rootfs);
  }
}

/** Before Linux 6.8 all lower directories go into one value: each is named by a descriptor, to have room for many. */
function mountJoined(rootfs: Pick<OverlayRootfs, 'lower'> & Partial<OverlayRootfs>): number {
  const layers: number[] = [];
  try {
    for (const lower of rootfs.lower) layers.push(openAt(AT_FDCWD, lower, O_RDONLY | O_DIRECTORY));
    const descriptors = existsSync('/dev/fd') ? '/dev/fd' : '/proc/self/fd';
    const joined = layers.map((fd) => `${descriptors}/${fd}`).join(':');
    if (joined.length > VALUE_MAX) {
      throw new BerthError(
        'unsupported',
        'overlay.too-many-layers',
        `cannot mount an overlay of ${layers.length} layers for this: it needs Linux 6.8`,
      );
    }
    return mountOverlay(rootfs, [['lowerdir', joined]]);
  } finally {
    for (const fd of layers) closeFd(fd);
  }
}

function mountOverlay(rootfs: Partial<OverlayRootfs>, layers: readonly (readonly [string, string])[]): number {
  const context = Number(libc.fsopen(NR.fsopen, 'overlay', FSOPEN_CLOEXEC));
  if (context < 0) throw lastError('fsopen', 'overlay');
  try {
    for (const [key, value] of layers) configure(context, key, value);
    if (rootfs.upper !== undefined) configure(context, 'upperdir', rootfs.upper);
    if (rootfs.work !== undefined) configure(context, 'workdir', rootfs.work);
    for (const [key, value] of PLAIN) configure(context, key, value);
    if (Number(libc.fsconfig(NR.fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0)) < 0) {
      throw lastError('fsconfig', rootfs.upper ?? 'overlay');
    }
    const fd = Number(libc.fsmount(NR.fsmount, context, FSMOUNT_CLOEXEC, 0));
    if (fd < 0) throw lastError('fsmount', rootfs.upper ?? 'overlay');
    return fd;
  } finally {
    closeFd(context);
  }
}

function configure(context: number, key: string, value: string): void {
  const path = cString(Buffer.from(value, 'utf8').toString('latin1'));
  if (Number(libc.fsconfig(NR.fsconfig, context, FSCONFIG_SET_STRING, key, path, 0)) < 0)
    throw lastError('fsconfig', key);
}

/**
 * Whether overlays can be mounted with an upper directory on a file system: tries it, with a whiteout and an opaque directory.
 *
 * @param prefix path of the directory to try it in, less what makes it unique
 */
export function probeOverlay(prefix: string): boolean {
  const base = mkdtempSync(prefix);
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(base, name));
  try {
    for (const path of [lower!, upper!, work!]) mkdirSync(path);
    const dir = openAt(AT_FDCWD, upper!, O_RDONLY | O_DIRECTORY);
    try {
      mknodAt(dir, 'whiteout', S_IFCHR | 0o600, 0, 0);
      setXattrAt(dir, '.', 'trusted.overlay.opaque', Buffer.from('y'));
    } finally {
      closeFd(dir);
    }
    closeFd(mountDetachedOverlay({ lower: [lower!], upper: upper!, work: work! }));
    return true;
  } catch (error) {
    if (isErrno(error, 'ENODEV', 'EINVAL', 'EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS')) return false;
    throw error;
  } finally {
    removeTree(base);
  }
}
