import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import type { PlanOp } from '../keeper/plan.ts';
import { type CgroupPlan, type FileValue, lineage, makeGroup, removeGroup, writeFile } from './cgroup-plan.ts';
import { assembleDeviceProgram } from './device-program.ts';
import { DEFAULT_DEVICE_RULES, evaluateDeviceRules } from './device-rules.ts';
import { type CgroupHost, groupDir, type Hierarchy } from './host.ts';
import { unsupportedHere } from './limits.ts';
import { type CgroupProbe, groupHasFile } from './probe.ts';
import { valuesV2 } from './values-v2.ts';

/** Enabled for every container, for accounting and the limits that can be set later. */
const ALWAYS = ['cpu', 'memory', 'pids', 'io'];

const COLLECT = [
  'memory.events',
  'memory.peak',
  'memory.max',
  'memory.swap.max',
  'pids.events',
  'pids.max',
  'pids.peak',
  'cpu.stat',
];

/** The v2 driver's part of `planCgroup`, which see. */
export function planV2(host: CgroupHost, path: string, resources: LinuxResources, probe: CgroupProbe): CgroupPlan {
  const values = valuesV2(resources, hasFileV2(host, path, probe));
  const { dir, setUp } = unifiedPart(host, path, values, probe, ALWAYS);
  return {
    path,
    setUp: [...setUp, ...deviceOps(dir, resources)],
    tasks: [],
    cloneInto: dir,
    collect: COLLECT.map((file) => ({ name: file, path: `${dir}/${file}` })),
    cleanUp: [removeGroup(dir)],
  };
}

/** Tells whether v2 groups have a file; with no group to ask, the root's files give a hint. */
export function hasFileV2(
  host: CgroupHost,
  path: string,
  probe: CgroupProbe,
): (controller: string, file: string) => boolean {
  return (controller, file) => {
    if (host.unified === undefined) return false;
    const answer = groupHasFile(host.unified, path, controller, file, 2, probe);
    if (answer !== undefined) return answer;
    const iocost = probe.read(`${host.unified.mountPoint}/io.cost.qos`) !== undefined;
    if (file === 'io.weight') return iocost;
    return file === 'io.bfq.weight' ? !iocost : true;
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
      ops.push(writeFile(file, missing.map((controller) => `+${controller}`).join(' '), 'controllers for children'));
    }
    parent = groupDir(unified, group);
    ops.push(makeGroup(parent));
  }
  return ops;
}

function deviceOps(dir: string, resources: LinuxResources): PlanOp[] {
  const rules = evaluateDeviceRules([...(resources.devices ?? []), ...DEFAULT_DEVICE_RULES]);
  if (rules.allow && rules.exceptions.length === 0) return [];
  return [
    { side: 'before', op: 'device-filter', cgroup: dir, program: assembleDeviceProgram(rules), about: 'devices' },
  ];
}
