import { BerthError } from '#base/errors.ts';
import { startHandoff } from '#sys/keeper/handoff.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { type ContainerState, containerDir, loadState } from '../state/container-state.ts';
import { statusOf } from '../state/container-status.ts';
import { deleteContainer } from './delete.ts';
import { runPoststart } from './lifecycle-hooks.ts';
import { listenForReadiness } from './notify-socket.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

/** `start`: lets a created container run. */
export async function start(
  context: RuntimeContext,
  _flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  await startContainer(context, loadState(context.root, id));
  return 0;
}

/**
 * Starts a container that waits and runs its poststart hooks; where a service manager waits for it, until the container has said
 * that it is ready.
 *
 * @throws BerthError `conflict` when it does not wait, PlanError when its program can not be run, `invalid` when a hook failed: the
 *   container is destroyed then (runtime.md, "Lifecycle", step 9)
 */
export async function startContainer(context: RuntimeContext, state: ContainerState): Promise<void> {
  const status = statusOf(context.root, state, context.facts.cgroups);
  if (status === 'stopped') throw conflict('cannot start a container that has stopped');
  if (status === 'running') throw conflict('cannot start an already running container');
  if (status !== 'created') throw conflict(`cannot start a container in the ${status} state`);
  if (state.config.process === undefined)
    throw conflict('cannot start a container without a process: process is required');
  using readiness = await listenForReadiness(context.root, state.id);
  await startHandoff(containerDir(context.root, state.id));
  try {
    await runPoststart(state);
  } catch (error) {
    await deleteContainer(context, state);
    throw error;
  }
  await readiness?.told(state);
}

function conflict(message: string): BerthError {
  return new BerthError('conflict', 'container.status', message);
}
