/** `kill`: https://docs.docker.com/reference/cli/docker/container/kill/ */
import type { Context, Invocation } from '../command.ts';
import { eachName } from '../each-name.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  const signal = flags.text('signal') || undefined;
  return eachName(context, args, (name) => client.containers.kill(name, signal, context.signal));
}
