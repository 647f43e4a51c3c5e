import { OCI_VERSION } from '#spec/oci-runtime/state.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { type ContainerState, loadState } from '../state/container-state.ts';
import { statusOf } from '../state/container-status.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

/** `state`: prints the state document. */
export async function state(
  context: RuntimeContext,
  _flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  context.print(`${JSON.stringify(stateDocument(context, loadState(context.root, id)), undefined, 2)}\n`);
  return 0;
}

/** The state as runtime.md has it, with what other runtimes add. */
export function stateDocument(context: RuntimeContext, container: ContainerState) {
  const status = statusOf(context.root, container, context.facts.cgroups);
  return {
    ociVersion: OCI_VERSION,
    id: container.id,
    pid: status === 'stopped' ? 0 : (container.init?.pid ?? 0),
    status,
    bundle: container.bundle,
    rootfs: container.rootfs,
    created: container.created,
    ...(container.config.annotations === undefined ? {} : { annotations: container.config.annotations }),
    owner: container.owner,
  };
}
