import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { BerthError, isErrno } from '#base/errors.ts';
import type { PlanOp } from '../keeper/plan.ts';
import type { FileValue } from './cgroup-plan.ts';
import { writeControl } from './control-file.ts';
import { type CgroupHost, groupDir, type Hierarchy, hierarchyOf, readTextIfPresent } from './host.ts';
import { setUpHierarchy } from './plan-v1.ts';
import { systemProbe } from './probe.ts';
import { listPids, membershipDir } from './processes.ts';
import { unifiedPart } from './unified-part.ts';

/** A container that forks faster than it can be moved is given up on after so many rounds. */
const MOVE_ROUNDS = 100;

/**
 * Makes a running container's groups in hierarchies that it was started without, because no limit asked for them, and moves
 * its processes there; switches controllers of v2 on that were off.
 *
 * @param values limits that are about to be set
 * @throws BerthError as writing does; a group that could not be joined is removed again
 */
export function extendGroups(host: CgroupHost, group: string, values: readonly FileValue[]): void {
  if (readTextIfPresent(`${membershipDir(host, group)}/cgroup.procs`) === undefined) return; // the writes will say so
  const needed = new Set(values.map(({ controller }) => controller));
  for (const hierarchy of host.hierarchies.filter(({ controllers }) => controllers.some((name) => needed.has(name)))) {
    if (isJoined(hierarchy, group)) continue;
    joinNow(host, group, hierarchy, setUpHierarchy(hierarchy, group, [], systemProbe));
  }
  const inUnified = values.filter(({ controller }) => hierarchyOf(host, controller) === undefined);
  if (inUnified.length === 0 || host.unified === undefined) return;
  const { setUp } = unifiedPart(host, group, inUnified, systemProbe);
  const preparations = setUp.slice(0, setUp.length - inUnified.length);
  if (isJoined(host.unified, group)) preparations.forEach(carryOut);
  else joinNow(host, group, host.unified, preparations);
}

function isJoined(hierarchy: Hierarchy, group: string): boolean {
  return readTextIfPresent(`${groupDir(hierarchy, group)}/cgroup.procs`) !== undefined;
}

function joinNow(host: CgroupHost, group: string, hierarchy: Hierarchy, setUp: readonly PlanOp[]): void {
  const dir = groupDir(hierarchy, group);
  try {
    setUp.forEach(carryOut);
    moveAll(host, group, `${dir}/cgroup.procs`);
  } catch (error) {
    removeIfEmpty(dir);
    throw error;
  }
}

function carryOut(op: PlanOp): void {
  if (op.op === 'mkdir') mkdirSync(op.at.path, { recursive: true, mode: op.mode });
  else if (op.op === 'write') writeControl(op.at.path, String(op.data), op.about ?? op.at.path);
  else throw new Error(`operation ${op.op} is not one of a running group`);
}

/** Processes may fork while they are moved: goes on until a round finds nobody outside. */
function moveAll(host: CgroupHost, group: string, file: string): void {
  for (let round = 0; round < MOVE_ROUNDS; round++) {
    const inside = new Set((readTextIfPresent(file) ?? '').split('\n').map(Number));
    const outside = listPids(host, group).filter((pid) => !inside.has(pid));
    if (outside.length === 0) return;
    for (const pid of outside) moveOne(pid, file);
  }
  throw new BerthError(
    'conflict',
    'cgroup.busy',
    `cannot move all processes of ${group}: they fork too fast; pause the container`,
  );
}

function moveOne(pid: number, file: string): void {
  try {
    writeFileSync(file, String(pid), { flag: 'r+' });
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error; // it has ended meanwhile
  }
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EBUSY')) throw error;
  }
}
