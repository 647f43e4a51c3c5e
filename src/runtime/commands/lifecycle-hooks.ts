import { BerthError, messageOf } from '#base/errors.ts';
import type { Hook } from '#spec/oci-runtime/config.ts';
import type { State } from '#spec/oci-runtime/state.ts';
import { writeLog } from '../cli/log.ts';
import { hookState } from '../plan/hooks.ts';
import { runHooks } from '../run-hooks.ts';
import type { ContainerState } from '../state/container-state.ts';
import type { RuntimeContext } from './runtime-context.ts';

/**
 * Hooks after the start (runtime.md, "Lifecycle", step 9).
 * @throws BerthError `invalid` when one fails; the others do not run then
 */
export async function runPoststart(state: ContainerState): Promise<void> {
  const document = { ...stateDocument(state, 'running'), ...(state.init === undefined ? {} : { pid: state.init.pid }) };
  await runHooks(state.config.hooks?.poststart, document, ownEnvironment(), (error, hook, index) => {
    throw new BerthError('invalid', 'start.hook', sentence('poststart', hook, index, error), { cause: error });
  });
}

/** Hooks after the deletion; one that fails is a warning (step 13). */
export async function runPoststop(context: RuntimeContext, state: ContainerState): Promise<void> {
  await runHooks(
    state.config.hooks?.poststop,
    stateDocument(state, 'stopped'),
    ownEnvironment(),
    (error, hook, index) => writeLog(context.log, 'warning', sentence('poststop', hook, index, error)),
  );
}

function sentence(phase: string, hook: Hook, index: number, error: unknown): string {
  const why = messageOf(error).replace(`run ${hook.path}: `, '');
  return `error running ${phase} hook #${index}: ${hook.path}: ${why}`;
}

/** What hooks get that have no environment of their own, as with other runtimes. */
export function ownEnvironment(): string[] {
  return Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
}

function stateDocument(state: ContainerState, status: State['status']): State {
  const { annotations } = state.config;
  const subject = { id: state.id, bundle: state.bundle, ...(annotations === undefined ? {} : { annotations }) };
  return hookState(subject, status);
}
