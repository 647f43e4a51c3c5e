import { BerthError, isBerthError, isErrno } from '#base/errors.ts';
import { parseLinuxSignal } from '#base/signals.ts';
import { freezeCgroup, isFrozen, thawCgroup } from '#sys/cgroup/freeze.ts';
import { listPids } from '#sys/cgroup/processes.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { type ContainerState, loadState } from '../state/container-state.ts';
import { aliveInit, statusOf } from '../state/container-status.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

const SIGKILL = 9;

/** `kill`: sends a signal to the first process, or to all. */
export async function kill(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '', signal = 'SIGTERM']: readonly string[],
): Promise<ExitStatus> {
  // 0 only asks whether the process is there (kill(2)).
  const number = signal === '0' ? 0 : parseLinuxSignal(signal);
  const state = loadState(context.root, id);
  const status = statusOf(context.root, state, context.facts.cgroups);
  // Without a pid namespace of its own the end of its first process ends nobody else.
  const everybody = flags.flag('all') || (number === SIGKILL && !hasOwnPids(state));
  if (everybody) await signalAll(context, state, number);
  else if (status === 'stopped' || status === 'creating') throw notRunning();
  else signalInit(state, number);
  if (number === SIGKILL && status === 'paused') await thaw(context, state);
  return 0;
}

function hasOwnPids(state: ContainerState): boolean {
  return (state.config.linux?.namespaces ?? []).some(({ type, path }) => type === 'pid' && !path);
}

/**
 * Sends a signal to the container's first process.
 * @throws BerthError `conflict`, "container not running"
 */
export function signalInit(state: ContainerState, signal: number): void {
  const init = aliveInit(state);
  if (init === undefined) throw notRunning();
  try {
    process.kill(init.pid, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH')) throw notRunning(error);
    throw error;
  }
}

/** Kills the container's first process, unless it has ended, also in this moment. */
export function killInit(state: ContainerState): void {
  try {
    signalInit(state, SIGKILL);
  } catch (error) {
    if (!isBerthError(error, 'conflict')) throw error;
  }
}

function notRunning(cause?: unknown): BerthError {
  return new BerthError('conflict', 'container.not-running', 'container not running', { cause });
}

/** Signals every process of the control group while it stands still, so that none escapes by forking. */
async function signalAll(context: RuntimeContext, state: ContainerState, signal: number): Promise<void> {
  const { cgroups } = context.facts;
  if (cgroups === undefined || state.cgroupPath === undefined) {
    signalInit(state, signal);
    return;
  }
  const pids = listPids(cgroups, state.cgroupPath);
  if (pids.length === 0) return;
  const wasFrozen = isFrozen(cgroups, state.cgroupPath);
  if (!wasFrozen) await freezeCgroup(cgroups, state.cgroupPath);
  try {
    for (const pid of listPids(cgroups, state.cgroupPath)) process.kill(pid, signal);
  } finally {
    if (!wasFrozen) await thawCgroup(cgroups, state.cgroupPath);
  }
}

/** A frozen process dies only when it is thawed. */
async function thaw(context: RuntimeContext, state: ContainerState): Promise<void> {
  const { cgroups } = context.facts;
  if (cgroups !== undefined && state.cgroupPath !== undefined) await thawCgroup(cgroups, state.cgroupPath);
}
