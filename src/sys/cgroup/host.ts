import { existsSync, readFileSync } from 'node:fs';
import { BerthError, isErrno } from '#base/errors.ts';
import { type MountEntry, parseMountInfo } from '../mountinfo.ts';

/** A mounted cgroup v1 hierarchy: one mount point, one or several controllers. */
export interface Hierarchy {
  readonly mountPoint: string;
  readonly controllers: readonly string[];
}

/** What control groups this machine offers, as mounted. */
export interface CgroupHost {
  /** The driver in use: 1 when any v1 controller is mounted, otherwise 2. */
  readonly version: 1 | 2;
  /** v1 hierarchies with at least one controller; named hierarchies such as `name=systemd` only where they were asked for. */
  readonly hierarchies: readonly Hierarchy[];
  /** The v2 tree, alone (version 2) or beside v1 hierarchies (hybrid); its controllers are those v1 has not taken. */
  readonly unified: Hierarchy | undefined;
}

/** Reads a kernel file's text, `undefined` when it does not exist. Handed in so that planning can be tested without a kernel. */
export type ReadText = (path: string) => string | undefined;

const V1_CONTROLLERS = new Set([
  'blkio',
  'cpu',
  'cpuacct',
  'cpuset',
  'devices',
  'freezer',
  'hugetlb',
  'memory',
  'misc',
  'net_cls',
  'net_prio',
  'perf_event',
  'pids',
  'rdma',
]);

/** Reads a file; `undefined` when it does not exist (or its cgroup has just gone). */
export function readTextIfPresent(path: string): string | undefined {
  // Many are absent on purpose, and an error costs more than a look.
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return undefined;
    throw error;
  }
}

/**
 * Finds the mounted control group hierarchies.
 *
 * @param withNamed v1: also those that have no controller but a name, which stands in the controller's place (`name=systemd`)
 * @throws BerthError `unsupported` when no control groups are mounted
 */
export function detectCgroups(
  mountInfo: string = readFileSync('/proc/self/mountinfo', 'utf8'),
  read: ReadText = readTextIfPresent,
  withNamed = false,
): CgroupHost {
  const mounts = parseMountInfo(mountInfo);
  const found = v1Hierarchies(mounts, withNamed);
  // A name alone limits nothing: old programs want `name=systemd` beside v2.
  const isV1 = found.some(({ controllers }) => controllers.some((controller) => V1_CONTROLLERS.has(controller)));
  const hierarchies = isV1 ? found : [];
  const unified = unifiedHierarchy(mounts, read);
  if (hierarchies.length === 0 && unified === undefined) {
    throw new BerthError('unsupported', 'cgroup.not-mounted', 'no control groups are mounted on this machine', {
      hint: 'mount -t cgroup2 none /sys/fs/cgroup',
    });
  }
  return { version: isV1 ? 1 : 2, hierarchies, unified };
}

function v1Hierarchies(mounts: readonly MountEntry[], withNamed: boolean): Hierarchy[] {
  const counts = (option: string): boolean => V1_CONTROLLERS.has(option) || (withNamed && option.startsWith('name='));
  const seen = new Set<string>();
  const found: Hierarchy[] = [];
  for (const mount of mounts) {
    if (mount.type !== 'cgroup') continue;
    const controllers = mount.superOptions.filter(counts);
    // The same hierarchy can be mounted several times (bind mounts): the first is enough.
    const fresh = controllers.filter((controller) => !seen.has(controller));
    if (fresh.length === 0) continue;
    for (const controller of fresh) seen.add(controller);
    found.push({ mountPoint: mount.mountPoint, controllers });
  }
  return found;
}

function unifiedHierarchy(mounts: readonly MountEntry[], read: ReadText): Hierarchy | undefined {
  const mount = mounts.find((candidate) => candidate.type === 'cgroup2');
  if (mount === undefined) return undefined;
  const text = read(`${mount.mountPoint}/cgroup.controllers`) ?? '';
  return { mountPoint: mount.mountPoint, controllers: text.split(/\s+/).filter((word) => word !== '') };
}

/** The v1 hierarchy that has a controller. */
export function hierarchyOf(host: CgroupHost, controller: string): Hierarchy | undefined {
  return host.hierarchies.find((hierarchy) => hierarchy.controllers.includes(controller));
}

/** The directory of a control group in a hierarchy. */
export function groupDir(hierarchy: Hierarchy, path: string): string {
  return `${hierarchy.mountPoint === '/' ? '' : hierarchy.mountPoint}${path}`;
}
