import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import { cgroupOf } from '../proc.ts';
import type { CgroupJoin, CgroupPlan } from './cgroup-plan.ts';
import { type CgroupHost, groupDir, type Hierarchy, readTextIfPresent } from './host.ts';
import { normalizeCgroupPath } from './path.ts';
import { planV1 } from './plan-v1.ts';
import { planV2 } from './plan-v2.ts';
import { type CgroupProbe, systemProbe } from './probe.ts';

/**
 * Plans a container's control groups. Nothing is changed; a few files are read, so plan right before the start.
 *
 * Device rules: nothing is allowed, then `resources.devices` in their order, then what every container may do
 * (`DEFAULT_DEVICE_RULES`).
 *
 * @param path see {@link normalizeCgroupPath}
 * @param resources `linux.resources` of a config.json
 * @throws BerthError `invalid` for bad paths and impossible values, `unsupported` for limits this machine does not have
 */
export function planCgroup(
  host: CgroupHost,
  path: string,
  resources: LinuxResources = {},
  probe: CgroupProbe = systemProbe,
): CgroupPlan {
  const group = normalizeCgroupPath(path);
  return host.version === 1 ? planV1(host, group, resources, probe) : planV2(host, group, resources, probe);
}

/**
 * How a further process (`exec`) gets into the groups of a running container.
 *
 * @param path as given to {@link planCgroup}
 * @param init pid of the container's first process. On v2 a group whose children have controllers takes no processes itself (a
 *   container that runs systemd or an engine of its own); the new one joins the first where that has gone.
 */
export function joinCgroup(host: CgroupHost, path: string, init?: number): CgroupJoin {
  const group = normalizeCgroupPath(path);
  const exists = (dir: string): boolean => readTextIfPresent(`${dir}/cgroup.procs`) !== undefined;
  const unifiedDir =
    host.unified === undefined ? undefined : groupDir(host.unified, memberGroup(host.unified, group, init));
  return {
    tasks: host.hierarchies
      .map((hierarchy) => groupDir(hierarchy, group))
      .filter(exists)
      .map((dir) => `${dir}/tasks`),
    cloneInto: unifiedDir !== undefined && exists(unifiedDir) ? unifiedDir : undefined,
  };
}

function memberGroup(unified: Hierarchy, group: string, init: number | undefined): string {
  const delegates = (readTextIfPresent(`${groupDir(unified, group)}/cgroup.subtree_control`) ?? '').trim() !== '';
  const current = delegates && init !== undefined ? cgroupOf(init, '') : undefined;
  return current?.startsWith(`${group}/`) === true ? current : group;
}
