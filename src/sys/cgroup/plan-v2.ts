import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import type { PlanOp } from '../keeper/plan.ts';
import { type CgroupPlan, removeGroup } from './cgroup-plan.ts';
import { assembleDeviceProgram } from './device-program.ts';
import { DEFAULT_DEVICE_RULES, evaluateDeviceRules } from './device-rules.ts';
import type { CgroupHost } from './host.ts';
import { type CgroupProbe, groupHasFile } from './probe.ts';
import { unifiedPart } from './unified-part.ts';
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

function deviceOps(dir: string, resources: LinuxResources): PlanOp[] {
  const rules = evaluateDeviceRules([...(resources.devices ?? []), ...DEFAULT_DEVICE_RULES]);
  if (rules.allow && rules.exceptions.length === 0) return [];
  return [
    { side: 'before', op: 'device-filter', cgroup: dir, program: assembleDeviceProgram(rules), about: 'devices' },
  ];
}
