import { existsSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { listIds, loadStateIfAny } from '../state/container-state.ts';
import { columns } from './columns.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';
import { stateDocument } from './state.ts';

/** `list`: all containers of this root. */
export async function list(context: RuntimeContext, flags: FlagValues): Promise<ExitStatus> {
  const format = flags.text('format') ?? 'table';
  if (format !== 'table' && format !== 'json') {
    throw new BerthError('invalid', 'runtime.usage', 'invalid format option');
  }
  if (context.isRootNamed && !existsSync(context.root)) {
    throw new BerthError('not-found', 'root.not-found', `open ${context.root}: no such file or directory`);
  }
  const states = listIds(context.root).flatMap((id) => {
    const state = loadStateIfAny(context.root, id);
    return state === undefined ? [] : [stateDocument(context, state)];
  });
  if (flags.flag('quiet')) {
    for (const { id } of states) context.print(`${id}\n`);
  } else if (format === 'json') {
    context.print(`${JSON.stringify(states.length === 0 ? null : states)}\n`);
  } else {
    const rows = states.map((s) => [s.id, String(s.pid), s.status, s.bundle, s.created, s.owner]);
    context.print(columns([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]));
  }
  return 0;
}
