/** `restart`: https://docs.docker.com/reference/cli/docker/container/restart/ */
import type { Context, Invocation } from '../command.ts';
import { eachNameInTurn } from '../each-name.ts';
import { ExitFailure } from '../failure.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  if (flags.typed('time') && flags.typed('timeout'))
    throw new ExitFailure(1, 'conflicting options: cannot specify both --timeout and --time');
  const client = await context.client();
  const options = {
    signal: flags.text('signal') || undefined,
    timeout: flags.changed('timeout') ? flags.number('timeout') : undefined,
  };
  return eachNameInTurn(context, args, (name) => client.containers.restart(name, options, context.signal));
}
