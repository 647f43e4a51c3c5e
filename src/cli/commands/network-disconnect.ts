/** `network disconnect`: https://docs.docker.com/reference/cli/docker/network/disconnect/ */
import type { Context, Invocation } from '../command.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [network = '', container = ''] = args;
  const client = await context.client();
  await client.networks.disconnect(network, { Container: container, Force: flags.bool('force') }, context.signal);
  return 0;
}
