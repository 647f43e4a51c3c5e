import { rmSync } from 'node:fs';
import { isBerthError } from '#base/errors.ts';
import { nowNs, parseTimeNs } from '#base/time.ts';
import { readExitRecord } from '#sys/keeper/exit-record.ts';
import type { Launch } from '#sys/keeper/launch.ts';
import { containerEvent } from '../containers/events.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ExecRow } from '../state/exec-table.ts';
import { isProcessAlive } from '../state/process-token.ts';

const KILLED_EXIT = 137;

/** Where an exec's keeper works. */
export function execDirectory(root: string, containerId: string, execId: string): string {
  return `${pathsOf(root, containerId).runDirectory}/exec-${execId.slice(0, 16)}`;
}

/** Records the end of an exec once, with its event. */
export function recordExecExit(context: EngineContext, exec: ExecRow, exitCode: number, timeNs: bigint): void {
  context.sql.transaction(() => {
    const now = context.execs.find(exec.id);
    if (now === undefined || now.status === 'exited') return;
    context.execs.patch(exec.id, { status: 'exited', exitCode, pid: 0 });
    const row = context.containers.get(exec.containerId);
    if (row === undefined) return;
    context.emit(containerEvent(row, 'exec_die', { execID: exec.id, exitCode: String(exitCode) }, timeNs));
  });
  rmSync(execDirectory(context.root, exec.containerId, exec.id), { recursive: true, force: true });
  context.feed.announce();
}

/** Makes an exec's row true: records its exit when it has ended and nobody did. */
export function settleExec(context: EngineContext, exec: ExecRow): ExecRow {
  if (exec.status !== 'running') return exec;
  const keeperGone = !isProcessAlive(exec.keeperPid, exec.keeperStart);
  const record = readExitRecord(execDirectory(context.root, exec.containerId, exec.id), { keeperGone });
  if (record !== undefined) {
    recordExecExit(context, exec, record.exitCode, parseTimeNs(record.finishedAt) ?? nowNs());
  } else if (keeperGone) {
    recordExecExit(context, exec, KILLED_EXIT, nowNs());
  } else return exec;
  return context.execs.get(exec.id);
}

/** Waits for the end of an exec that this process has just started, and records it. */
export async function followExec(context: EngineContext, exec: ExecRow, launched: Launch): Promise<void> {
  const leave = () => launched.leave();
  context.closing.addEventListener('abort', leave, { once: true });
  try {
    const exit = await launched.watch();
    recordExecExit(context, exec, exit.record.exitCode, parseTimeNs(exit.record.finishedAt) ?? nowNs());
    exit.acknowledge();
  } catch (error) {
    if (context.closing.aborted) return;
    if (!isBerthError(error) || error.code !== 'keeper.died') throw error;
    settleExec(context, exec);
  } finally {
    context.closing.removeEventListener('abort', leave);
  }
}
