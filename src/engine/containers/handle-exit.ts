import { setTimeout as sleep } from 'node:timers/promises';
import { isBerthError } from '#base/errors.ts';
import type { ExitRecord } from '#sys/keeper/exit-record.ts';
import { spawnDetached } from '#sys/spawn-detached.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { isTokenAlive } from '../state/process-token.ts';
import { settle, settleKnownExit } from './settle.ts';
import { startContainer } from './start.ts';

/**
 * Records the exit of a container if it has ended, removes it if it asked for that, and sees to its restart: a process that
 * stays does it itself, any other leaves it to the exit command.
 *
 * @param record what its keeper said when it had done everything that the plan asks of it
 * @throws not-found when the container is gone (afterwards)
 */
export async function handleExit(context: EngineContext, id: string, record?: ExitRecord): Promise<void> {
  let row: ContainerRow;
  {
    using held = await context.locks.acquire(id);
    const isOfThisRun = record !== undefined && record.pid === held.row.pid && isRunning(held.row);
    row = await (isOfThisRun ? settleKnownExit(context, held.row, record) : settle(context, held.row));
  }
  if (row.status === 'restarting') arrangeRestart(context, row);
}

function isRunning(row: ContainerRow): boolean {
  return row.status === 'running' || row.status === 'paused';
}

/** Makes sure that some process will start a container that is to be restarted. */
export function arrangeRestart(context: EngineContext, row: ContainerRow): void {
  if (row.restarter !== '' && isTokenAlive(row.restarter)) return;
  if (context.options.resident) {
    runRestart(context, row.id).catch(() => undefined);
  } else if (context.options.exitCommand !== undefined) {
    spawnDetached([...context.options.exitCommand, row.id]);
  }
}

/**
 * Waits for the time of a container's restart and starts it, again and again until it stays up, is stopped or removed. What
 * the exit command does.
 */
export async function runRestart(context: EngineContext, id: string): Promise<void> {
  if (!claimRestart(context, id)) return;
  const row = context.containers.get(id);
  if (row === undefined) return;
  const waitMs = row.restartAtMs - Date.now();
  if (waitMs > 0) await waitOrStopped(context, id, waitMs);
  try {
    await startContainer(context, id, 'policy');
  } catch (error) {
    // Stopped or removed meanwhile; any other failure is in the row's error, as Docker leaves it.
    if (!isBerthError(error)) throw error;
  }
}

/** Makes this process the one that restarts the container; false when another lives or nothing is to be restarted. */
function claimRestart(context: EngineContext, id: string): boolean {
  return context.sql.transaction(() => {
    const row = context.containers.get(id);
    if (row === undefined || row.status !== 'restarting') return false;
    if (row.restarter !== '' && row.restarter !== context.token && isTokenAlive(row.restarter)) return false;
    context.containers.patch(id, { restarter: context.token });
    return true;
  });
}

/** Sleeps, but wakes when the container is no longer to be restarted. */
async function waitOrStopped(context: EngineContext, id: string, ms: number): Promise<void> {
  const deadline = Date.now() + ms;
  const timer = new AbortController();
  const slept = sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined);
  while (Date.now() < deadline && context.containers.get(id)?.status === 'restarting') {
    await Promise.race([slept, context.feed.next(context.closing)]);
    if (context.closing.aborted) break;
  }
  timer.abort();
}
