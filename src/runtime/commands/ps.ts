import { BerthError } from '#base/errors.ts';
import { listPids } from '#sys/cgroup/processes.ts';
import { processLines } from '#sys/proc-top.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { loadState } from '../state/container-state.ts';
import { aliveInit } from '../state/container-status.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

/** `ps`: the processes of a container, as JSON array of host pids or as ps(1) shows them. */
export async function ps(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '', ...options]: readonly string[],
): Promise<ExitStatus> {
  const state = loadState(context.root, id);
  const init = aliveInit(state);
  const { cgroups } = context.facts;
  const pids =
    cgroups !== undefined && state.cgroupPath !== undefined
      ? listPids(cgroups, state.cgroupPath)
      : init === undefined
        ? []
        : [init.pid];
  const format = flags.text('format') ?? 'table';
  if (format === 'json') {
    context.print(`${JSON.stringify(pids)}\n`);
    return 0;
  }
  if (format !== 'table') throw new BerthError('invalid', 'runtime.usage', `invalid format option: ${format}`);
  const lines = await processLines(pids, options.length > 0 ? options : undefined);
  context.print(`${lines.join('\n')}\n`);
  return 0;
}
