import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BerthError, isBerthError, isErrno, messageOf } from '#base/errors.ts';
import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import type { FileValue } from './cgroup-plan.ts';
import { readControl, readCount, readLimit, writeControl } from './control-file.ts';
import { extendGroups } from './extend.ts';
import { type CgroupHost, groupDir, type Hierarchy, hierarchyOf } from './host.ts';
import { unsupportedHere } from './limits.ts';
import { normalizeCgroupPath } from './path.ts';
import { hasFileV1 } from './plan-v1.ts';
import { hasFileV2 } from './plan-v2.ts';
import { systemProbe } from './probe.ts';
import { splitForUnified } from './unified-part.ts';
import { valuesV1 } from './values-v1.ts';
import { swapMaxOf, valuesV2 } from './values-v2.ts';

/** A write, and what takes it back. */
interface Change {
  readonly file: string;
  readonly data: string;
  readonly setting: string;
  readonly before: string | undefined;
}

/**
 * Changes limits of a running container: all of them, or none.
 *
 * Only what `resources` names is changed. Device rules cannot be.
 *
 * @throws BerthError `not-found` when the container does not run, `invalid` for a value the kernel refuses or that less than is
 *   in use, `unsupported` for limits this machine does not have; in each case everything is as it was before
 */
export function updateCgroup(host: CgroupHost, path: string, resources: LinuxResources): void {
  const group = normalizeCgroupPath(path);
  if (resources.devices !== undefined && resources.devices.length > 0) {
    throw unsupportedHere('devices', 'the device rules of a running container stay as they are');
  }
  const changes = host.version === 1 ? changesV1(host, group, resources) : changesV2(host, group, resources);
  apply(changes);
}

function apply(changes: readonly Change[]): void {
  const done: Change[] = [];
  try {
    for (const change of changes) {
      write(change);
      done.push(change);
    }
  } catch (error) {
    const failures = done.reverse().flatMap(takeBack);
    if (failures.length === 0) throw error;
    throw new BerthError(
      'internal',
      'cgroup.rollback',
      `${messageOf(error)}; and taking back failed: ${failures.join('; ')}`,
      {
        cause: error,
      },
    );
  }
}

function write(change: Change): void {
  try {
    writeControl(change.file, change.data, change.setting);
  } catch (error) {
    throw explainRefusal(error, change);
  }
}

function takeBack({ file, before, setting }: Change): string[] {
  if (before === undefined) return [];
  try {
    writeControl(file, before, setting);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

function changesV1(host: CgroupHost, group: string, resources: LinuxResources): Change[] {
  const unified = splitForUnified(host, resources);
  const memory = hierarchyOf(host, 'memory');
  const complete = { ...resources, ...unified.without, memory: completeMemory(resources, memory, group) };
  const asked = valuesV1(complete, hasFileV1(host, group, systemProbe));
  const missing = asked.find(({ controller }) => hierarchyOf(host, controller) === undefined);
  if (missing !== undefined) {
    throw unsupportedHere(missing.setting, `the control group controller "${missing.controller}" is not mounted`);
  }
  extendGroups(host, group, [...asked, ...unified.values]);
  const values = asked.flatMap((value) => {
    const hierarchy = hierarchyOf(host, value.controller);
    return hierarchy === undefined ? [] : [changeOf(hierarchy, group, value, previousV1)];
  });
  const inUnified = unified.values.map((value) => changeOf(requireUnified(host), group, value, previousV2));
  const ordered = memory === undefined ? values : orderMemoryV1(values, groupDir(memory, group));
  return [...orderCpu(ordered, resources), ...inUnified];
}

function changesV2(host: CgroupHost, group: string, resources: LinuxResources): Change[] {
  const unified = requireUnified(host);
  const dir = groupDir(unified, group);
  const values = valuesV2(completeV2(resources, dir), hasFileV2(host, group, systemProbe));
  refuseBelowUse(resources.memory ?? {}, dir, 2);
  extendGroups(host, group, values);
  return values.map((value) => changeOf(unified, group, value, previousV2));
}

function requireUnified(host: CgroupHost): Hierarchy {
  if (host.unified === undefined) throw unsupportedHere('unified', 'cgroup v2 is not mounted');
  return host.unified;
}

function changeOf(
  hierarchy: Hierarchy,
  group: string,
  value: FileValue,
  previous: (current: string, value: FileValue) => string | undefined,
): Change {
  const file = `${groupDir(hierarchy, group)}/${value.file}`;
  return { file, data: value.data, setting: value.setting, before: previous(readControl(file), value) };
}

/** What to write to have the old state again; `undefined` when there is nothing to take back. */
function previousV1(current: string, value: FileValue): string | undefined {
  if (value.file === 'memory.oom_control') return current.includes('oom_kill_disable 1') ? '1' : '0';
  if (value.file.endsWith('_device')) return `${deviceOf(value)} ${deviceLine(current, value) ?? '0'}`;
  if (value.file === 'net_prio.ifpriomap' || value.file === 'rdma.max') return undefined;
  return current.trim();
}

function previousV2(current: string, value: FileValue): string | undefined {
  if (value.file === 'io.max') {
    return `${deviceOf(value)} ${deviceLine(current, value) ?? 'rbps=max wbps=max riops=max wiops=max'}`;
  }
  if (value.file === 'io.weight' || value.file === 'io.bfq.weight') {
    const isDevice = /^\d+:\d+ /.test(value.data);
    if (isDevice) return `${deviceOf(value)} ${deviceLine(current, value) ?? 'default'}`;
    return /^default \d+/m.exec(current)?.[0] ?? current.trim();
  }
  return value.file === 'rdma.max' ? undefined : current.trim();
}

function deviceOf(value: FileValue): string {
  return value.data.slice(0, value.data.indexOf(' '));
}

function deviceLine(current: string, value: FileValue): string | undefined {
  const device = `${deviceOf(value)} `;
  return current
    .split('\n')
    .find((line) => line.startsWith(device))
    ?.slice(device.length);
}

/** Swap alone may be changed: the memory limit in force is then the one it is checked against. */
function completeMemory(
  resources: LinuxResources,
  memory: Hierarchy | undefined,
  group: string,
): NonNullable<LinuxResources['memory']> {
  const asked = resources.memory ?? {};
  if (memory === undefined) return asked;
  const dir = groupDir(memory, group);
  const currentSwap = readLimit(`${dir}/memory.memsw.limit_in_bytes`);
  // Memory without a limit is more than any sum with swap: that one goes, too.
  if ((asked.limit ?? 0) < 0 && !asked.swap && currentSwap !== undefined) return { ...asked, swap: -1 };
  const current = readLimit(`${dir}/memory.limit_in_bytes`);
  const withLimit =
    (asked.swap ?? 0) > 0 && !asked.limit && current !== undefined && Number.isFinite(current)
      ? { ...asked, limit: current }
      : asked;
  refuseLimitOverSwap(withLimit, currentSwap);
  refuseBelowUse(asked, dir, 1);
  return withLimit;
}

function refuseLimitOverSwap(memory: NonNullable<LinuxResources['memory']>, currentSwap: number | undefined): void {
  const { limit = 0, swap = 0 } = memory;
  if (limit <= 0 || swap !== 0 || currentSwap === undefined || limit <= currentSwap) return;
  throw new BerthError(
    'invalid',
    'cgroup.limit',
    'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
  );
}

/** v2 limits swap alone, so what is asked for as a sum needs the memory limit; a period alone needs the quota in force. */
function completeV2(resources: LinuxResources, dir: string): LinuxResources {
  const { memory = {}, cpu = {} } = resources;
  const current = readLimit(`${dir}/memory.max`);
  const limit = memory.limit || (current !== undefined && Number.isFinite(current) ? current : undefined);
  const full = (memory.swap ?? 0) > 0 && limit !== undefined ? { ...memory, limit } : memory;
  swapMaxOf(full);
  if (!cpu.period || cpu.quota) return { ...resources, memory: full };
  const [quota = 'max'] = readControl(`${dir}/cpu.max`).split(' ');
  return { ...resources, memory: full, cpu: { ...cpu, quota: quota === 'max' ? -1 : Number(quota) } };
}

/**
 * v2 kills processes until a new limit is met. So what can be reclaimed is reclaimed first, and the limit is refused when that
 * is not enough. v1 does so itself: its refusal gets words in {@link explainRefusal}.
 */
function refuseBelowUse(memory: NonNullable<LinuxResources['memory']>, dir: string, version: 1 | 2): void {
  const limit = memory.limit ?? 0;
  if (limit <= 0) return;
  const usageFile = `${dir}/${USAGE_FILE[version]}`;
  const excess = readCount(usageFile) - limit;
  if (excess <= 0) return;
  if (memory.checkBeforeUpdate === true) throw belowUse(limit, limit + excess);
  if (version === 1) return;
  try {
    writeFileSync(`${dir}/memory.reclaim`, String(excess), { flag: 'r+' });
  } catch (error) {
    // EAGAIN: less than that could be reclaimed. Before Linux 5.19 the file does not exist.
    if (!isErrno(error, 'EAGAIN', 'ENOENT')) throw error;
  }
  const inUse = readCount(usageFile);
  if (inUse > limit) throw belowUse(limit, inUse);
}

const USAGE_FILE = { 1: 'memory.usage_in_bytes', 2: 'memory.current' } as const;

function explainRefusal(error: unknown, change: Change): unknown {
  const busy = isBerthError(error, 'invalid') && error.details['errno'] === 'EBUSY';
  if (!busy || change.setting !== 'memory.limit') return error;
  return belowUse(Number(change.data), readCount(`${dirname(change.file)}/${USAGE_FILE[1]}`));
}

function belowUse(limit: number, inUse: number): BerthError {
  return new BerthError('invalid', 'cgroup.limit', `memory.limit ${limit} is below the ${inUse} bytes in use`);
}

/** v1 keeps memory at or below memory + swap at every moment: raise the sum first, lower it last. */
function orderMemoryV1(changes: Change[], dir: string): Change[] {
  const limit = changes.find(({ setting }) => setting === 'memory.limit');
  const swap = changes.find(({ setting }) => setting === 'memory.swap');
  if (limit === undefined || swap === undefined) return changes;
  const currentSwap = readLimit(`${dir}/memory.memsw.limit_in_bytes`) ?? Number.POSITIVE_INFINITY;
  const wantedLimit = Number(limit.data) < 0 ? Number.POSITIVE_INFINITY : Number(limit.data);
  const pair = wantedLimit > currentSwap ? [swap, limit] : [limit, swap];
  const at = changes.indexOf(limit);
  const rest = changes.filter((change) => change !== limit && change !== swap);
  return [...rest.slice(0, at), ...pair, ...rest.slice(at)];
}

/** A shorter period must not meet the old quota, nor a smaller quota an old burst: each pair is written in the order that holds. */
function orderCpu(changes: Change[], resources: LinuxResources): Change[] {
  const period = changes.find(({ setting }) => setting === 'cpu.period');
  const quota = changes.find(({ setting }) => setting === 'cpu.quota');
  if (period === undefined || quota === undefined || resources.cpu === undefined) return changes;
  const shrinking = Number(period.data) < Number(period.before);
  if (!shrinking) return changes;
  const rest = changes.filter((change) => change !== quota);
  rest.splice(rest.indexOf(period), 0, quota);
  return rest;
}
