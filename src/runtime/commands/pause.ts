import { BerthError } from '#base/errors.ts';
import { freezeCgroup, thawCgroup } from '#sys/cgroup/freeze.ts';
import type { CgroupHost } from '#sys/cgroup/host.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { type ContainerState, loadState } from '../state/container-state.ts';
import { statusOf } from '../state/container-status.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

/** `pause`: stops all processes of a container where they are. */
export async function pause(
  context: RuntimeContext,
  _flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  const state = loadState(context.root, id);
  const status = statusOf(context.root, state, context.facts.cgroups);
  if (status !== 'running' && status !== 'created') {
    throw new BerthError('conflict', 'container.not-running', 'container not running or created');
  }
  const { host, path } = freezer(context, state);
  await freezeCgroup(host, path);
  return 0;
}

/** `resume`: lets them go on. */
export async function resume(
  context: RuntimeContext,
  _flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  const state = loadState(context.root, id);
  if (statusOf(context.root, state, context.facts.cgroups) !== 'paused') {
    throw new BerthError('conflict', 'container.not-paused', 'container not paused');
  }
  const { host, path } = freezer(context, state);
  await thawCgroup(host, path);
  return 0;
}

function freezer(context: RuntimeContext, state: ContainerState): { host: CgroupHost; path: string } {
  const host = context.facts.cgroups;
  const path = state.cgroupPath;
  if (host !== undefined && path !== undefined) return { host, path };
  throw new BerthError('unsupported', 'cgroup.none', `container ${state.id} has no control group of its own`);
}
