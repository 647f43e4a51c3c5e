import type { Hook, OciConfig } from '#spec/oci-runtime/config.ts';
import { type ContainerStatus, OCI_VERSION, type State } from '#spec/oci-runtime/state.ts';
import type { PlanOp, Side } from '#sys/keeper/plan.ts';
import type { Draft } from './draft.ts';

/** The container that hooks are told about. */
export interface HookSubject {
  readonly id: string;
  readonly bundle: string;
  readonly annotations?: OciConfig['annotations'];
}

/** The state document as hooks and seccomp agents get it, without the pid. */
export function hookState(subject: HookSubject, status: ContainerStatus): State {
  const { id, bundle, annotations } = subject;
  return { ociVersion: OCI_VERSION, id, status, bundle, ...(annotations === undefined ? {} : { annotations }) };
}

/** The same as text around a pid that only the keeper knows. */
export function stateAroundPid(state: State): { readonly before: string; readonly after: string } {
  return { before: `${JSON.stringify(state).slice(0, -1)},"pid":`, after: '}' };
}

/** Programs of one phase, with the state on their standard input. */
export function planHooks(
  draft: Draft,
  side: Side,
  hooks: readonly Hook[] | undefined,
  phase: string,
  state: State,
  cwd: string | undefined = state.bundle,
): void {
  for (const [index, hook] of (hooks ?? []).entries()) {
    draft.add({ ...hookOp(side, hook, state, cwd), about: `${phase} hook #${index}:` });
  }
}

/** Hooks of the container itself: where its process will be, and with its environment unless they have one of their own. */
export function planStartHooks(
  draft: Draft,
  hooks: readonly Hook[] | undefined,
  env: readonly string[],
  state: State,
): void {
  for (const [index, hook] of (hooks ?? []).entries()) {
    draft.add({
      ...hookOp('child', { env, ...hook }, state, undefined),
      ...(hook.env === undefined ? { completeHome: true } : {}),
      about: `startContainer hook #${index}:`,
    });
  }
}

function hookOp(side: Side, hook: Hook, state: State, cwd: string | undefined): Extract<PlanOp, { op: 'run' }> {
  const { before, after } = stateAroundPid(state);
  const input =
    side === 'cleanup' ? { stdinBefore: JSON.stringify(state) } : { stdinBefore: before, stdinAfter: after };
  return {
    side,
    op: 'run',
    path: hook.path,
    argv: hook.args === undefined || hook.args.length === 0 ? [hook.path] : hook.args,
    env: hook.env ?? [],
    ...(cwd === undefined ? {} : { cwd }),
    ...input,
    ...(hook.timeout === undefined ? {} : { timeoutMs: hook.timeout * 1000 }),
  };
}

/** Whether something of the host's side has to happen while the container's namespaces are set up. */
export function hasRuntimeHooks(config: OciConfig): boolean {
  return (config.hooks?.prestart?.length ?? 0) + (config.hooks?.createRuntime?.length ?? 0) > 0;
}
