import { readdirSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { type CgroupHost, groupDir, hierarchyOf, readTextIfPresent } from './host.ts';
import { normalizeCgroupPath } from './path.ts';

/** Hierarchies in which every container has a group, the surest first. */
const MEMBERSHIP = ['pids', 'devices', 'freezer', 'memory', 'cpuacct', 'cpu'];

/** The directory in which a group's members are listed. */
export function membershipDir(host: CgroupHost, path: string): string {
  const hierarchy =
    host.version === 1
      ? MEMBERSHIP.map((controller) => hierarchyOf(host, controller)).find((found) => found !== undefined)
      : host.unified;
  if (hierarchy === undefined) throw new Error('no control group hierarchy lists processes');
  return groupDir(hierarchy, path);
}

/** Every directory of a group that exists, one for each hierarchy. */
export function existingDirs(host: CgroupHost, path: string): string[] {
  const all = [...host.hierarchies, ...(host.unified === undefined ? [] : [host.unified])];
  return all
    .map((hierarchy) => groupDir(hierarchy, path))
    .filter((dir) => readTextIfPresent(`${dir}/cgroup.procs`) !== undefined);
}

/** A directory and all groups below it, the deepest first. */
export function withDescendants(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
  return [...names.flatMap((name) => withDescendants(`${dir}/${name}`)), dir];
}

/**
 * Host pids of the processes in a container's group and in groups that it made below.
 *
 * @returns sorted; none when the group does not exist
 */
export function listPids(host: CgroupHost, path: string): number[] {
  return pidsBelow(membershipDir(host, normalizeCgroupPath(path)));
}

/** Pids in a directory and below it. A pid of 0 is a process outside of this pid namespace and is left out. */
export function pidsBelow(dir: string): number[] {
  const pids = new Set<number>();
  for (const group of withDescendants(dir)) {
    for (const word of (readTextIfPresent(`${group}/cgroup.procs`) ?? '').split('\n')) {
      if (word !== '' && word !== '0') pids.add(Number(word));
    }
  }
  return [...pids].sort((a, b) => a - b);
}
