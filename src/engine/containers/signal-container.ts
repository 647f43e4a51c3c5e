import { isBerthError } from '#base/errors.ts';
import { parseSignal } from '#base/signals.ts';
import { thawCgroup } from '#sys/cgroup/freeze.ts';
import { signalProcess } from '#sys/keeper/attach.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { isProcessAlive } from '../state/process-token.ts';
import { isShuttingDown } from '../state/shutdown-mark.ts';
import { cgroupPathOf } from './container-config.ts';
import { containerEvent } from './events.ts';
import { cgroupHost } from './host-facts.ts';
import { requireRunning } from './not-running.ts';
import { isForeignRuntime } from './runtime-name.ts';
import { settle } from './settle.ts';

const SIGKILL = 9;
const SIGTERM = 15;

/** The signal that stops a container. */
export function stopSignalOf(row: ContainerRow): number {
  const name = row.spec.config.StopSignal;
  return name === undefined || name === '' ? SIGTERM : parseSignal(name);
}

/**
 * Sends a signal to a container's first process. One that is to end it (SIGKILL, or its own stop signal) also keeps the
 * restart policy from starting it again, and wakes it when it is paused.
 *
 * @throws conflict when the container does not run
 */
export async function signalContainer(context: EngineContext, id: string, signal: number): Promise<void> {
  using held = await context.locks.acquire(id);
  const row = await settle(context, held.row);
  if (row.status === 'restarting') {
    // Nothing runs at the moment: what the user wants is that it does not start again.
    if (signal === SIGKILL || signal === stopSignalOf(row)) endRestarting(context, row);
    return;
  }
  requireRunning(row);
  // As in Docker: where the image names no stop signal, any signal counts as the wish to end it.
  const ends = signal === SIGKILL || !row.spec.config.StopSignal || signal === stopSignalOf(row);
  if (ends && !row.stoppedByUser && !isShuttingDown(context.root))
    context.containers.patch(id, { stoppedByUser: true });
  await sendSignal(context, row, signal);
  if (ends && row.status === 'paused') {
    await thawCgroup(cgroupHost(), cgroupPathOf(id, row.hostConfig));
    context.containers.patch(id, { status: 'running' });
  }
  context.emit(containerEvent(row, 'kill', { signal: String(signal) }));
  context.feed.announce();
}

/** A container between two runs is simply not run again. */
function endRestarting(context: EngineContext, row: ContainerRow): void {
  context.containers.patch(row.id, { status: 'exited', stoppedByUser: true, restarter: '', restartAtMs: 0 });
  context.feed.announce();
}

async function sendSignal(context: EngineContext, row: ContainerRow, signal: number): Promise<void> {
  const { id } = row;
  try {
    // The keeper's child is the other runtime: the container's process is signalled past it.
    if (isForeignRuntime(row.hostConfig.Runtime)) signalIfAlive(row, signal);
    else await signalProcess(pathsOf(context.root, id).runDirectory, signal);
  } catch (error) {
    // It died just now: what a signal could have done has happened.
    if (!isBerthError(error, 'conflict')) throw error;
  }
}

function signalIfAlive(row: ContainerRow, signal: number): void {
  if (isProcessAlive(row.pid, row.pidStart)) process.kill(row.pid, signal);
}
