/** `unpause`: https://docs.docker.com/reference/cli/docker/container/unpause/ */
import type { Context, Invocation } from '../command.ts';
import { eachName } from '../each-name.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const client = await context.client();
  return eachName(context, args, (name) => client.containers.unpause(name, context.signal));
}
