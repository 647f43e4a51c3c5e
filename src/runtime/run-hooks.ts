import type { Hook } from '#spec/oci-runtime/config.ts';
import type { State } from '#spec/oci-runtime/state.ts';
import { runProgram } from '#sys/run-program.ts';

/**
 * Runs hooks of the runtime namespace that no keeper is there for: poststart and poststop after a handoff.
 *
 * @param env for hooks that have none of their own
 * @param failed told about every failure; unless it throws, the others run all the same (runtime.md, "Lifecycle")
 */
export async function runHooks(
  hooks: readonly Hook[] | undefined,
  state: State,
  env: readonly string[],
  failed: (error: unknown, hook: Hook, index: number) => void,
): Promise<void> {
  for (const [index, hook] of (hooks ?? []).entries()) {
    try {
      await runProgram({
        path: hook.path,
        argv: hook.args === undefined || hook.args.length === 0 ? [hook.path] : hook.args,
        env: hook.env ?? env,
        stdin: JSON.stringify(state),
        ...(hook.timeout === undefined ? {} : { timeoutMs: hook.timeout * 1000 }),
      });
    } catch (error) {
      failed(error, hook, index);
    }
  }
}
