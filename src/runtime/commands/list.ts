import { BerthError } from '#base/errors.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { listIds, loadStateIfAny } from '../state/container-state.ts';
import { columns } from './columns.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';
import { stateDocument } from './state.ts';

/** `list`: all containers of this root. */
export async function list(context: RuntimeContext, flags: FlagValues): Promise<ExitStatus> {
  const states = listIds(context.root).flatMap((id) => {
    const state = loadStateIfAny(context.root, id);
    return state === undefined ? [] : [stateDocument(context, state)];
  });
  const format = flags.text('format') ?? 'table';
  if (flags.flag('quiet')) {
    for (const { id } of states) context.print(`${id}\n`);
  } else if (format === 'json') {
    context.print(`${JSON.stringify(states.length === 0 ? null : states)}\n`);
  } else if (format === 'table') {
    const rows = states.map((s) => [s.id, String(s.pid), s.status, s.bundle, s.created, s.owner]);
    context.print(columns([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]));
  } else {
    throw new BerthError('invalid', 'runtime.usage', 'invalid format option');
  }
  return 0;
}
