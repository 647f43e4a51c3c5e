import { messageOf } from '#base/errors.ts';
import type { Hook } from '#spec/oci-runtime/config.ts';
import type { State } from '#spec/oci-runtime/state.ts';
import { writeLog } from '../cli/log.ts';
import { hookState } from '../plan/hooks.ts';
import { runHooks } from '../run-hooks.ts';
import type { ContainerState } from '../state/container-state.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Hooks after the start; one that fails is a warning (runtime.md, "Lifecycle", step 9). */
export async function runPoststart(context: RuntimeContext, state: ContainerState): Promise<void> {
  const document = { ...stateDocument(state, 'running'), ...(state.init === undefined ? {} : { pid: state.init.pid }) };
  await runPhase(context, state.config.hooks?.poststart, 'poststart', document);
}

/** Hooks after the deletion; one that fails is a warning. */
export async function runPoststop(context: RuntimeContext, state: ContainerState): Promise<void> {
  await runPhase(context, state.config.hooks?.poststop, 'poststop', stateDocument(state, 'stopped'));
}

function stateDocument(state: ContainerState, status: State['status']): State {
  const { annotations } = state.config;
  const subject = { id: state.id, bundle: state.bundle, ...(annotations === undefined ? {} : { annotations }) };
  return hookState(subject, status);
}

async function runPhase(
  context: RuntimeContext,
  hooks: readonly Hook[] | undefined,
  phase: string,
  document: State,
): Promise<void> {
  await runHooks(hooks, document, (hook, error) =>
    writeLog(context.log, 'warning', `${phase} hook ${hook.path} failed: ${messageOf(error)}`),
  );
}
