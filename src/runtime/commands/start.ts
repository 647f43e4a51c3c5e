import { BerthError, messageOf } from '#base/errors.ts';
import { startHandoff } from '#sys/keeper/handoff.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { writeLog } from '../cli/log.ts';
import { hookState } from '../plan/hooks.ts';
import { runHooks } from '../run-hooks.ts';
import { type ContainerState, containerDir, loadState } from '../state/container-state.ts';
import { statusOf } from '../state/container-status.ts';
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
 * Starts a container that waits, then runs its poststart hooks; one that fails is a warning.
 *
 * @throws BerthError `conflict` when it does not wait, PlanError when its program can not be run
 */
export async function startContainer(context: RuntimeContext, state: ContainerState): Promise<void> {
  const status = statusOf(context.root, state, context.facts.cgroups);
  if (status === 'stopped') throw conflict('cannot start a container that has stopped');
  if (status === 'running') throw conflict('cannot start an already running container');
  if (status !== 'created') throw conflict(`cannot start a container in the ${status} state`);
  await startHandoff(containerDir(context.root, state.id));
  const { hooks } = state.config;
  if (hooks?.poststart === undefined) return;
  const document = { ...hookState(subjectOf(state), 'running'), ...(state.init ? { pid: state.init.pid } : {}) };
  await runHooks(hooks.poststart, document, (hook, error) =>
    writeLog(context.log, 'warning', `poststart hook ${hook.path} failed: ${messageOf(error)}`),
  );
}

function conflict(message: string): BerthError {
  return new BerthError('conflict', 'container.status', message);
}

/** What hooks are told about a container. */
export function subjectOf(state: ContainerState) {
  const { annotations } = state.config;
  return { id: state.id, bundle: state.bundle, ...(annotations === undefined ? {} : { annotations }) };
}
