import { BerthError } from '#base/errors.ts';

/** Below this group live the containers that name no parent. */
export const DEFAULT_PARENT = '/berth';

/** Names that collide with, or could be taken for, the kernel's own files in a control group's directory. */
const KERNEL_FILE =
  /^(?:tasks|notify_on_release|release_agent|(?:cgroup|cpu|cpuacct|cpuset|memory|io|blkio|pids|devices|freezer|hugetlb|rdma|misc|net_cls|net_prio|perf_event|irq)\..*)$/;

/**
 * Checks a control group's path and brings it into its one form: absolute below the hierarchy's mount, no empty components.
 *
 * @param path as in `cgroupsPath` of a config.json; a relative one is taken below {@link DEFAULT_PARENT}
 * @throws BerthError `invalid` for the root group, `.`/`..`, control characters, over-long names and names of kernel files
 */
export function normalizeCgroupPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length === 0) throw invalidPath(path, 'the root group cannot hold a container');
  for (const part of parts) {
    const reason = reasonAgainst(part);
    if (reason !== undefined) throw invalidPath(path, reason);
  }
  const joined = `/${parts.join('/')}`;
  if (joined.length > 3800) throw invalidPath(path, 'it is too long');
  return path.startsWith('/') ? joined : `${DEFAULT_PARENT}${joined}`;
}

/**
 * The group of a container.
 *
 * @param id the container's id, one path component
 * @param parent value of `--cgroup-parent`, for example `/lab` or `lab`; the default is {@link DEFAULT_PARENT}
 * @throws BerthError `invalid`, see {@link normalizeCgroupPath}
 */
export function containerCgroupPath(id: string, parent?: string): string {
  if (id.includes('/')) throw invalidPath(id, 'a container id cannot contain a slash');
  if (parent === undefined || parent === '') return normalizeCgroupPath(`${DEFAULT_PARENT}/${id}`);
  return normalizeCgroupPath(`/${parent}/${id}`);
}

function reasonAgainst(part: string): string | undefined {
  if (part === '.' || part === '..') return `"${part}" is not allowed in it`;
  if (/[\x00-\x1f\x7f]/.test(part)) return 'it contains a control character';
  if (Buffer.byteLength(part) > 255) return `the name "${part.slice(0, 40)}..." is longer than 255 bytes`;
  if (KERNEL_FILE.test(part)) return `"${part}" is the name of a kernel file`;
  return undefined;
}

function invalidPath(path: string, reason: string): BerthError {
  return new BerthError('invalid', 'cgroup.path', `invalid cgroup path ${JSON.stringify(path)}: ${reason}`);
}
