import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import type { PlanOp } from '../keeper/plan.ts';
import { type FileValue, lineage, makeGroup, writeFile } from './cgroup-plan.ts';
import { type CgroupHost, groupDir, type Hierarchy, hierarchyOf } from './host.ts';
import { unsupportedHere } from './limits.ts';
import type { CgroupProbe } from './probe.ts';
import { valuesV2 } from './values-v2.ts';

/** Controllers that v1 has not taken live in the unified tree even on a v1 machine. */
export function splitForUnified(
  host: CgroupHost,
  resources: LinuxResources,
): { values: FileValue[]; without: { hugepageLimits?: []; rdma?: Record<string, never> } } {
  const moved = (controller: string): boolean =>
    hierarchyOf(host, controller) === undefined && (host.unified?.controllers.includes(controller) ?? false);
  const huge = moved('hugetlb') && resources.hugepageLimits !== undefined ? resources.hugepageLimits : undefined;
  const rdma = moved('rdma') && resources.rdma !== undefined ? resources.rdma : undefined;
  const part: LinuxResources = {
    ...(huge === undefined ? {} : { hugepageLimits: huge }),
    ...(rdma === undefined ? {} : { rdma }),
  };
  return {
    values: valuesV2(part, () => true),
    without: { ...(huge === undefined ? {} : { hugepageLimits: [] }), ...(rdma === undefined ? {} : { rdma: {} }) },
  };
}

/**
 * The group in the unified tree: directories, controllers switched on in every parent that has not, values.
 *
 * @param always controllers that are switched on when the machine has them, whatever the values
 * @throws BerthError `unsupported` when a value's controller is not available
 */
export function unifiedPart(
  host: CgroupHost,
  path: string,
  values: readonly FileValue[],
  probe: CgroupProbe,
  always: readonly string[] = [],
): { dir: string; setUp: PlanOp[] } {
  const unified = host.unified;
  if (unified === undefined) throw unsupportedHere(values[0]?.setting ?? 'unified', 'cgroup v2 is not mounted');
  const enabled = new Set(always.filter((controller) => unified.controllers.includes(controller)));
  for (const { controller, setting } of values) {
    if (controller === 'cgroup') continue; // cgroup.* files belong to no controller
    if (!unified.controllers.includes(controller)) {
      throw unsupportedHere(setting, `the control group controller "${controller}" is not available on this machine`);
    }
    enabled.add(controller);
  }
  const dir = groupDir(unified, path);
  return {
    dir,
    setUp: [
      ...delegation(unified, path, [...enabled], probe),
      ...values.map((value) => writeFile(`${dir}/${value.file}`, value.data, value.setting)),
    ],
  };
}

function delegation(unified: Hierarchy, path: string, enabled: readonly string[], probe: CgroupProbe): PlanOp[] {
  const ops: PlanOp[] = [];
  let parent = unified.mountPoint;
  for (const group of lineage(path)) {
    const file = `${parent}/cgroup.subtree_control`;
    const present = new Set((probe.read(file) ?? '').split(/\s+/));
    const missing = enabled.filter((controller) => !present.has(controller));
    if (missing.length > 0) {
      const owner = parent.slice(unified.mountPoint.length) || '/';
      const about = `controllers for the groups below ${owner} (which must have no processes of its own)`;
      ops.push(writeFile(file, missing.map((controller) => `+${controller}`).join(' '), about));
    }
    parent = groupDir(unified, group);
    ops.push(makeGroup(parent));
  }
  return ops;
}
