/** `daemon`: Berth's own. */
import type { Context, Invocation } from '../command.ts';
import { daemonValues } from '../daemon-values.ts';
import { ExitFailure } from '../failure.ts';

export async function run(context: Context, { args, flags, path }: Invocation): Promise<number> {
  const [action] = args;
  if (action !== undefined && action !== 'install')
    throw new ExitFailure(1, `${path}: unknown action ${JSON.stringify(action)}: only "install" is known`);
  if (context.serve === undefined) throw new ExitFailure(1, `${path}: this program cannot serve`);
  return context.serve(context.options, {
    configFile: flags.changed('config-file') ? flags.text('config-file') : undefined,
    validate: flags.bool('validate'),
    install: action === 'install',
    values: daemonValues(flags, context.options.host),
  });
}
