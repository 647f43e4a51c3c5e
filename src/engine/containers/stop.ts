import { BerthError, isBerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { parseSignal } from '#base/signals.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { StopOptions } from './api.ts';
import { containerEvent } from './events.ts';
import { signalContainer, stopSignalOf } from './signal-container.ts';
import { armWait } from './wait.ts';

const SIGKILL = 9;
/** Seconds between the stop signal and SIGKILL when nobody says otherwise. */
const DEFAULT_TIMEOUT_S = 10;
/** How long a process that got SIGKILL may take to go. */
const KILL_WAIT_MS = 10_000;

/** True when the container is not running (any more) within the time. */
async function endsWithin(context: EngineContext, id: string, ms: number | undefined): Promise<boolean> {
  const row = context.containers.get(id);
  if (row === undefined) return true;
  const done = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    const ended = armWait(context, row, 'not-running', done.signal).then(() => true);
    if (ms === undefined) return await ended;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
    done.abort();
  }
}

/**
 * Watches before the signal goes out: a keeper whose container ends while nobody watches starts a whole process to record that,
 * which takes longer than everything else about the end.
 */
function watchEnd(context: EngineContext, row: ContainerRow): void {
  if (row.status !== 'running' && row.status !== 'paused') return;
  // What goes wrong with it the wait that follows will meet as well.
  context.exits.ended(row.id).catch(() => undefined);
}

/**
 * Ends a container that runs: its stop signal, time to react, then SIGKILL. Nothing is locked meanwhile, so that others can
 * kill or inspect it.
 */
export async function stopRunning(context: EngineContext, id: string, options: StopOptions): Promise<void> {
  const row = context.containers.get(id);
  if (row === undefined) return;
  const signal =
    options.signal === undefined || options.signal === '' ? stopSignalOf(row) : parseSignal(options.signal);
  const timeoutS = options.timeout ?? row.spec.config.StopTimeout ?? DEFAULT_TIMEOUT_S;
  try {
    watchEnd(context, row);
    await signalContainer(context, id, signal);
    fault('stop.signalled');
    const ended = await endsWithin(context, id, timeoutS < 0 ? undefined : timeoutS * 1000);
    if (!ended) await killRunning(context, id);
  } catch (error) {
    // It ended by itself, or was removed, between two looks.
    if (!isBerthError(error, 'conflict') && !isBerthError(error, 'not-found')) throw error;
  }
  const after = context.containers.get(id) ?? row;
  context.emit(containerEvent(after, 'stop'));
  context.feed.announce();
}

/**
 * Kills a container and waits until it is gone.
 *
 * @throws conflict when it does not run; timeout when the kernel does not let it die
 */
export async function killRunning(context: EngineContext, id: string): Promise<void> {
  const row = context.containers.get(id);
  if (row !== undefined) watchEnd(context, row);
  await signalContainer(context, id, SIGKILL);
  if (await endsWithin(context, id, KILL_WAIT_MS)) return;
  throw new BerthError(
    'timeout',
    'container.does-not-die',
    `tried to kill container, but did not receive an exit event: ${id}`,
  );
}
