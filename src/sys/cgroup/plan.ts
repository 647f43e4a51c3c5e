import { existsSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
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
 * @param isEverywhere v1: a group in every hierarchy, as those expect it who look after containers of other runtimes, instead of in
 *   those that count
 * @throws BerthError `invalid` for bad paths and impossible values, `unsupported` for limits this machine does not have
 */
export function planCgroup(
  host: CgroupHost,
  path: string,
  resources: LinuxResources = {},
  probe: CgroupProbe = systemProbe,
  isEverywhere = false,
): CgroupPlan {
  const group = normalizeCgroupPath(path);
  return host.version === 1
    ? planV1(host, group, resources, probe, isEverywhere)
    : planV2(host, group, resources, probe);
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
  const unifiedDir =
    host.unified === undefined ? undefined : groupDir(host.unified, memberGroup(host.unified, group, init));
  return {
    tasks: host.hierarchies
      .map((hierarchy) => groupDir(hierarchy, group))
      .filter((dir) => existsSync(`${dir}/tasks`))
      .map((dir) => `${dir}/tasks`),
    cloneInto: unifiedDir !== undefined && exists(unifiedDir) ? unifiedDir : undefined,
  };
}

/**
 * How a further process gets into groups below those of a container.
 *
 * @param path as given to {@link planCgroup}
 * @param below group relative to the container's, for each controller; under the empty name that for all others
 * @throws BerthError `invalid` for controllers that there are not, `not-found` for groups that there are not
 */
export function joinBelow(host: CgroupHost, path: string, below: ReadonlyMap<string, string>): CgroupJoin {
  const known = new Set(['', ...host.hierarchies.flatMap(({ controllers }) => controllers)]);
  const unknown = [...below.keys()].find((controller) => !known.has(controller));
  if (unknown !== undefined) throw new BerthError('invalid', 'cgroup.controller', `unknown controller ${unknown}`);
  const dirOf = (hierarchy: Hierarchy): string | undefined => {
    const own = hierarchy.controllers.map((controller) => below.get(controller)).find((name) => name !== undefined);
    const name = own ?? below.get('') ?? '';
    const dir = groupDir(hierarchy, normalizeCgroupPath(`${path}/${name}`));
    if (exists(dir)) return dir;
    // The container need not have a group everywhere.
    if (!exists(groupDir(hierarchy, normalizeCgroupPath(path)))) return undefined;
    throw new BerthError(
      'not-found',
      'cgroup.not-found',
      `error adding pid to control group ${dir}: no such file or directory`,
    );
  };
  return {
    tasks: host.hierarchies.flatMap((hierarchy) => dirOf(hierarchy) ?? []).map((dir) => `${dir}/tasks`),
    cloneInto: host.unified === undefined ? undefined : dirOf(host.unified),
  };
}

function exists(dir: string): boolean {
  return readTextIfPresent(`${dir}/cgroup.procs`) !== undefined;
}

function memberGroup(unified: Hierarchy, group: string, init: number | undefined): string {
  const delegates = (readTextIfPresent(`${groupDir(unified, group)}/cgroup.subtree_control`) ?? '').trim() !== '';
  const current = delegates && init !== undefined ? cgroupOf(init, '') : undefined;
  return current?.startsWith(`${group}/`) === true ? current : group;
}
