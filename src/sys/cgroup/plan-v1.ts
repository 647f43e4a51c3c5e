import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import type { PlanOp } from '../keeper/plan.ts';
import { type CgroupPlan, type FileValue, lineage, makeGroup, removeGroup, writeFile } from './cgroup-plan.ts';
import { DEFAULT_DEVICE_RULES, evaluateDeviceRules, formatException } from './device-rules.ts';
import { type CgroupHost, groupDir, type Hierarchy, hierarchyOf } from './host.ts';
import { unsupportedHere } from './limits.ts';
import { type CgroupProbe, groupHasFile } from './probe.ts';
import { splitForUnified, unifiedPart } from './unified-part.ts';
import { valuesV1 } from './values-v1.ts';

/**
 * Joined always, for pause, accounting and the limits that can be set later. A hierarchy costs 0.03 to 0.05 ms of mkdir, join
 * and rmdir; a cpuset costs ten times that (the scheduler's domains are rebuilt), so like the rest it is made when asked for.
 */
const ALWAYS = ['memory', 'pids', 'cpu', 'cpuacct', 'devices', 'freezer', 'blkio'];

const COLLECT: readonly (readonly [controller: string, file: string])[] = [
  ['memory', 'memory.oom_control'],
  ['memory', 'memory.max_usage_in_bytes'],
  ['memory', 'memory.limit_in_bytes'],
  ['memory', 'memory.failcnt'],
  ['pids', 'pids.events'],
  ['pids', 'pids.max'],
  ['cpuacct', 'cpuacct.usage'],
];

/** The v1 driver's part of `planCgroup`, which see. */
export function planV1(
  host: CgroupHost,
  path: string,
  resources: LinuxResources,
  probe: CgroupProbe,
  isEverywhere: boolean,
): CgroupPlan {
  const inUnified = splitForUnified(host, resources);
  const values = valuesV1({ ...resources, ...inUnified.without }, hasFileV1(host, path, probe));
  for (const value of values) {
    if (hierarchyOf(host, value.controller) === undefined) {
      throw unsupportedHere(value.setting, `the control group controller "${value.controller}" is not mounted`);
    }
  }
  const wanted = new Set([...ALWAYS, ...values.map((value) => value.controller)]);
  const hierarchies = host.hierarchies.filter(
    (h) => isEverywhere || h.controllers.some((controller) => wanted.has(controller)),
  );
  const inUnifiedToo = inUnified.values.length > 0 || (isEverywhere && host.unified !== undefined);
  const extra = inUnifiedToo ? unifiedPart(host, path, inUnified.values, probe) : undefined;
  return {
    path,
    setUp: [
      ...hierarchies.flatMap((hierarchy) => setUpHierarchy(hierarchy, path, values, probe)),
      ...deviceOps(host, path, resources),
      ...(extra?.setUp ?? []),
    ],
    tasks: hierarchies.map((hierarchy) => `${groupDir(hierarchy, path)}/tasks`),
    cloneInto: extra?.dir,
    collect: COLLECT.flatMap(([controller, file]) => {
      const hierarchy = hierarchyOf(host, controller);
      return hierarchy === undefined ? [] : [{ name: file, path: `${groupDir(hierarchy, path)}/${file}` }];
    }),
    // Also where it has no group now: a limit that is set later may need one (`updateCgroup`).
    cleanUp: [...host.hierarchies, ...(host.unified === undefined ? [] : [host.unified])].map((hierarchy) =>
      removeGroup(groupDir(hierarchy, path)),
    ),
  };
}

/** Tells whether v1 groups have a file; with no group to ask, it is assumed and a wrong guess fails at the write. */
export function hasFileV1(
  host: CgroupHost,
  path: string,
  probe: CgroupProbe,
): (controller: string, file: string) => boolean {
  return (controller, file) => {
    const hierarchy = hierarchyOf(host, controller);
    if (hierarchy === undefined) return false;
    return groupHasFile(hierarchy, path, controller, file, 1, probe) ?? !file.startsWith('blkio.weight');
  };
}

/** Directories, inherited parts and values of one hierarchy. */
export function setUpHierarchy(
  hierarchy: Hierarchy,
  path: string,
  values: readonly FileValue[],
  probe: CgroupProbe,
): PlanOp[] {
  const ops: PlanOp[] = lineage(path).map((group) => makeGroup(groupDir(hierarchy, group)));
  if (hierarchy.controllers.includes('memory')) ops.push(...hierarchicalAccounting(hierarchy, path, probe));
  const mine = values.filter((value) => hierarchy.controllers.includes(value.controller));
  if (hierarchy.controllers.includes('cpuset')) ops.push(...cpusetOps(hierarchy, path, mine, probe));
  if (mine.some((value) => value.file.startsWith('cpu.rt_')))
    ops.push(...realtimeOfParents(hierarchy, path, mine, probe));
  const dir = groupDir(hierarchy, path);
  for (const value of mine) {
    if (value.controller === 'cpuset') continue;
    ops.push(writeFile(`${dir}/${value.file}`, value.data, value.setting));
  }
  return ops;
}

/** Before Linux 5.11 a group's children were accounted apart unless this was switched on before they existed. */
function hierarchicalAccounting(hierarchy: Hierarchy, path: string, probe: CgroupProbe): PlanOp[] {
  const top = lineage(path)[0] ?? path;
  const file = `${groupDir(hierarchy, top)}/memory.use_hierarchy`;
  const parent = probe.read(`${hierarchy.mountPoint}/memory.use_hierarchy`);
  if (parent?.trim() !== '0' || probe.read(file)?.trim() === '1') return [];
  return [writeFile(file, '1', 'accounting with children')];
}

/** A new v1 cpuset is empty and nothing can join it: every level takes what it was not told from the level above. */
function cpusetOps(hierarchy: Hierarchy, path: string, values: readonly FileValue[], probe: CgroupProbe): PlanOp[] {
  const ops: PlanOp[] = [];
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    let inherited = probe.read(`${hierarchy.mountPoint}/${file}`)?.trim() ?? '';
    for (const group of lineage(path)) {
      const target = `${groupDir(hierarchy, group)}/${file}`;
      const asked = group === path ? values.find((value) => value.file === file) : undefined;
      const present = probe.read(target)?.trim() ?? '';
      if (asked !== undefined) ops.push(writeFile(target, asked.data, asked.setting));
      else if (present !== '') inherited = present;
      else ops.push(writeFile(target, inherited, 'from the parent group'));
    }
  }
  return ops;
}

/** A realtime budget must be there in every group above; a parent that has less gets as much. */
function realtimeOfParents(
  hierarchy: Hierarchy,
  path: string,
  values: readonly FileValue[],
  probe: CgroupProbe,
): PlanOp[] {
  const runtime = values.find((value) => value.file === 'cpu.rt_runtime_us');
  if (runtime === undefined || Number(runtime.data) <= 0) return [];
  return lineage(path)
    .slice(0, -1)
    .map((group) => `${groupDir(hierarchy, group)}/cpu.rt_runtime_us`)
    .filter((file) => Number(probe.read(file) ?? 0) < Number(runtime.data))
    .map((file) => writeFile(file, runtime.data, runtime.setting));
}

function deviceOps(host: CgroupHost, path: string, resources: LinuxResources): PlanOp[] {
  const rules = evaluateDeviceRules([...(resources.devices ?? []), ...DEFAULT_DEVICE_RULES]);
  const unrestricted = rules.allow && rules.exceptions.length === 0;
  if (unrestricted) return []; // a new group has its parent's rules, and may never have more
  const hierarchy = hierarchyOf(host, 'devices');
  if (hierarchy === undefined) {
    throw unsupportedHere('devices', 'the control group controller "devices" is not mounted');
  }
  const dir = groupDir(hierarchy, path);
  const exceptionFile = `${dir}/${rules.allow ? 'devices.deny' : 'devices.allow'}`;
  return [
    ...(rules.allow ? [] : [writeFile(`${dir}/devices.deny`, 'a', 'devices')]),
    ...rules.exceptions.map((exception) => writeFile(exceptionFile, formatException(exception), 'devices')),
  ];
}
