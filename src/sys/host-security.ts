import { existsSync, readFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';

/** Whether programs can be put under AppArmor profiles. */
export function hasAppArmor(): boolean {
  return readFlag('/sys/module/apparmor/parameters/enabled') === 'Y';
}

/** Whether the kernel enforces or at least tracks SELinux labels. */
export function hasSELinux(): boolean {
  return existsSync('/sys/fs/selinux/enforce');
}

/** Whether this process lives in the machine's own user namespace: there every id maps to itself. */
export function inInitialUserNamespace(): boolean {
  const map = readFlag('/proc/self/uid_map');
  return map === undefined || /^\s*0\s+0\s+4294967295$/.test(map);
}

function readFlag(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}
