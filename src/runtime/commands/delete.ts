import { setTimeout } from 'node:timers/promises';
import { BerthError } from '#base/errors.ts';
import { monotonicMs } from '#base/time.ts';
import { removeCgroup } from '#sys/cgroup/remove.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { cleanupPlan, mountsOnHost, unmountOps } from '../plan/host-mounts.ts';
import { type ContainerState, checkId, containerDir, loadStateIfAny, removeState } from '../state/container-state.ts';
import { aliveInit, statusOf } from '../state/container-status.ts';
import { killInit } from './kill.ts';
import { runPoststop } from './lifecycle-hooks.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

const POLL_MS = 2;
const DEADLINE_MS = 10_000;

/** `delete`: removes what is left of a container. */
export async function deleteCommand(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  checkId(id);
  const force = flags.flag('force');
  const state = loadStateIfAny(context.root, id);
  if (state === undefined) {
    if (!force) throw new BerthError('not-found', 'container.not-found', `container does not exist: ${id}`);
    removeState(context.root, id);
    return 0;
  }
  const status = statusOf(context.root, state, context.facts.cgroups);
  if (status !== 'stopped' && !force) {
    throw new BerthError(
      'conflict',
      'container.running',
      `cannot delete container ${id} that is not stopped: ${status}`,
    );
  }
  await deleteContainer(context, state);
  return 0;
}

/** Ends whatever still runs, removes the control groups and the state, then runs the poststop hooks. */
export async function deleteContainer(context: RuntimeContext, state: ContainerState): Promise<void> {
  const { cgroups } = context.facts;
  killInit(state);
  if (cgroups !== undefined && state.cgroupPath !== undefined) {
    await removeCgroup(cgroups, state.cgroupPath, { kill: true, timeoutMs: DEADLINE_MS });
  }
  await untilDead(state);
  if (mountsOnHost(state.config)) await unmount(context, state);
  removeState(context.root, state.id);
  await runPoststop(context, state);
}

/** Takes away mounts that were made where the runtime itself lives. */
async function unmount(context: RuntimeContext, state: ContainerState): Promise<void> {
  const plan = cleanupPlan(containerDir(context.root, state.id), unmountOps(state.config, state.rootfs));
  await (await launch(plan)).abort();
}

async function untilDead(state: ContainerState): Promise<void> {
  const deadline = monotonicMs() + DEADLINE_MS;
  while (aliveInit(state) !== undefined) {
    if (monotonicMs() > deadline) {
      throw new BerthError('timeout', 'container.still-running', 'container init still running');
    }
    await setTimeout(POLL_MS);
  }
}
