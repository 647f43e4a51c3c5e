import { fault } from '#base/fault.ts';
import { formatTimeNs, nowNs, parseTimeNs } from '#base/time.ts';
import { describeOom, type OomReport, oomKillCount, reportOom } from '#sys/cgroup/oom.ts';
import { type ExitRecord, readExitRecord } from '#sys/keeper/exit-record.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { releaseEndpoints } from '../networks/endpoints.ts';
import { attachmentEvents } from '../networks/network-events.ts';
import type { ContainerRow, RowPatch } from '../state/container-row.ts';
import { currentBoot } from '../state/process-token.ts';
import { isShuttingDown } from '../state/shutdown-mark.ts';

import { mountEvents } from '../volumes/volume-events.ts';
import { cgroupPathOf } from './container-config.ts';
import { containerEvent } from './events.ts';

import { restartDelay } from './restart-policy.ts';

/** What is known of a process that ended. */
export interface Exit {
  readonly code: number;
  /** Present when the kernel killed a process of the container for want of memory. */
  readonly oom: OomReport | undefined;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** What Docker reports when nobody saw the exit. */
const UNKNOWN_EXIT = 255;
const KILLED_EXIT = 137;

/**
 * The exit of a container whose keeper is gone or has written its record.
 *
 * @returns the record's, or what can be told without one: 137 when the keeper was killed in this boot (the process died with
 *   it), 255 when the machine went down
 */
export function exitOf(context: EngineContext, row: ContainerRow): Exit {
  const record = readExitRecord(pathsOf(context.root, row.id).runDirectory, { keeperGone: true });
  if (record !== undefined && row.bootId === currentBoot()) return fromRecord(record, row);
  return {
    code: row.bootId === currentBoot() ? KILLED_EXIT : UNKNOWN_EXIT,
    oom: undefined,
    startedAt: row.startedAt,
    finishedAt: formatTimeNs(nowNs()),
  };
}

/** What a keeper's record says of a run. */
export function fromRecord(record: ExitRecord, row: ContainerRow): Exit {
  return {
    code: record.exitCode,
    oom: oomOf(record, row),
    startedAt: row.startedAt === '' ? record.startedAt : row.startedAt,
    finishedAt: record.finishedAt,
  };
}

function oomOf(record: ExitRecord, row: ContainerRow): OomReport | undefined {
  if (oomKillCount(record.collected) === 0) return undefined;
  return reportOom(record.collected, cgroupPathOf(row.id, row.hostConfig), { pids: [row.pid] });
}

/** What the event adds for those who want to know why. */
function oomAttributes({ victim, peakBytes, limitBytes }: OomReport): Record<string, string> {
  return {
    ...(victim === undefined ? {} : { process: victim.name, pid: String(victim.pid) }),
    ...(peakBytes === undefined ? {} : { peakBytes: String(peakBytes) }),
    ...(limitBytes === undefined ? {} : { limitBytes: String(limitBytes) }),
  };
}

function durationMs(from: string, to: string): number {
  const start = parseTimeNs(from);
  const end = parseTimeNs(to);
  return start === undefined || end === undefined ? 0 : Number((end - start) / 1_000_000n);
}

/**
 * Writes an exit into the container's row with its events. What follows from it, a restart or the removal, is left to the
 * caller, who reads it from the returned row.
 */
export function recordExit(context: EngineContext, row: ContainerRow, exit: Exit): ContainerRow {
  const ranMs = durationMs(exit.startedAt, exit.finishedAt);
  const wanted = restartDelay(row.hostConfig.RestartPolicy, {
    exitCode: exit.code,
    ranMs,
    restartCount: row.restartCount,
    delayMs: row.restartDelayMs,
    stoppedByUser: row.stoppedByUser,
  });
  const delayMs = wanted !== undefined && isShuttingDown(context.root) ? undefined : wanted;
  const patch: RowPatch = {
    status: delayMs === undefined ? 'exited' : 'restarting',
    pid: 0,
    pidStart: '',
    // Its keeper stays in the row: the next start waits for it.
    exitCode: exit.code,
    oomKilled: exit.oom !== undefined,
    error: exit.oom === undefined ? '' : describeOom(exit.oom),
    startedAt: exit.startedAt,
    finishedAt: exit.finishedAt,
    exits: row.exits + 1,
    restarter: '',
    restartDelayMs: delayMs ?? 0,
    restartAtMs: delayMs === undefined ? 0 : Date.now() + delayMs,
  };
  const timeNs = parseTimeNs(exit.finishedAt) ?? nowNs();
  context.sql.transaction(() => {
    context.containers.patch(row.id, patch);
    context.execs.finishAll(row.id, KILLED_EXIT);
    if (exit.oom !== undefined) context.emit(containerEvent(row, 'oom', oomAttributes(exit.oom), timeNs));
    const attributes = { exitCode: String(exit.code), execDuration: String(Math.trunc(ranMs / 1000)) };
    context.emit(containerEvent(row, 'die', attributes, timeNs));
    for (const event of mountEvents(row.id, row.spec.mounts, 'unmount', timeNs)) context.emit(event);
    for (const event of attachmentEvents(context, 'disconnect', row.id, timeNs)) context.emit(event);
    releaseEndpoints(context, row.id);
  });
  fault('exit.recorded');
  context.feed.announce();
  return { ...row, ...patch } as ContainerRow;
}
