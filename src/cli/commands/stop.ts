/** `stop`: https://docs.docker.com/reference/cli/docker/container/stop/ */
import type { Context, Invocation } from '../command.ts';
import { eachName } from '../each-name.ts';
import { ExitFailure } from '../failure.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  if (flags.typed('time') && flags.typed('timeout'))
    throw new ExitFailure(1, 'conflicting options: cannot specify both --timeout and --time');
  const client = await context.client();
  const options = {
    signal: flags.text('signal') || undefined,
    timeout: flags.changed('timeout') ? flags.number('timeout') : undefined,
  };
  return eachName(context, args, (name) => client.containers.stop(name, options, context.signal));
}
