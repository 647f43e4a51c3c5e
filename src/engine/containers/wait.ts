import { isBerthError } from '#base/errors.ts';
import type { ContainerWaitResponse, WaitCondition } from '#spec/docker-api/containers.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { handleExit } from './handle-exit.ts';
import { isStale } from './settle.ts';

/** What a waiter has seen, to tell this run from the next. */
interface Armed {
  readonly id: string;
  readonly condition: WaitCondition;
  readonly exits: number;
  readonly exitCode: number;
}

function isRunning(row: ContainerRow): boolean {
  return (
    row.status === 'running' || row.status === 'paused' || row.status === 'restarting' || row.status === 'starting'
  );
}

/** The answer if the condition holds now. The run that was waited for may have ended and another one begun since the last look. */
function answer(context: EngineContext, armed: Armed, row: ContainerRow): ContainerWaitResponse | undefined {
  const hasEnded = row.exits > armed.exits;
  if (armed.condition === 'removed' || !(hasEnded || (armed.condition === 'not-running' && !isRunning(row))))
    return undefined;
  const isNextRun = hasEnded && (row.status === 'running' || row.status === 'paused');
  return { StatusCode: (isNextRun ? context.containers.lastExitCode(row.id) : undefined) ?? row.exitCode };
}

/**
 * Arms a wait for a container's exit or removal. The wait works whichever process starts, stops or removes the container.
 *
 * @returns a promise of the exit code; it never settles once the signal aborts
 */
export function armWait(
  context: EngineContext,
  row: ContainerRow,
  condition: WaitCondition,
  signal: AbortSignal,
): Promise<ContainerWaitResponse> {
  const armed: Armed = { id: row.id, condition, exits: row.exits, exitCode: row.exitCode };
  return follow(context, armed, signal);
}

async function follow(context: EngineContext, armed: Armed, signal: AbortSignal): Promise<ContainerWaitResponse> {
  while (!signal.aborted) {
    const row = context.containers.get(armed.id);
    // Gone, with its last exit or without ever having run: the events still know.
    if (row === undefined) return { StatusCode: context.containers.lastExitCode(armed.id) ?? armed.exitCode };
    const met = answer(context, armed, row);
    if (met !== undefined) return met;
    await nextChange(context, row, signal);
  }
  return new Promise(() => undefined);
}

/** Waits until the row may say something else; a running container's exit is seen at its keeper and recorded here. */
async function nextChange(context: EngineContext, row: ContainerRow, signal: AbortSignal): Promise<void> {
  const changed = context.feed.next(signal);
  if (row.status !== 'running' && row.status !== 'paused') return changed;
  // Its keeper tells this process of the end: there is no need to look for it.
  if (!context.exits.isWatched(row.id) && isStale(context, row)) return settleQuietly(context, row.id);
  // Paused, removed, updated: something may change before the exit. A keeper that does not answer yet is asked again then.
  await Promise.race([context.exits.ended(row.id).then(() => undefined), changed]);
}

async function settleQuietly(context: EngineContext, id: string): Promise<void> {
  try {
    await handleExit(context, id);
  } catch (error) {
    if (!isBerthError(error, 'not-found')) throw error;
  }
}
