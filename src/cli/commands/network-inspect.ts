/** `network inspect`: https://docs.docker.com/reference/cli/docker/network/inspect/ */
import type { Context, Invocation } from '../command.ts';
import { inspectNetwork } from '../inspect-network.ts';
import { inspectObjects } from '../inspect-objects.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  const options = flags.bool('verbose') ? { verbose: true } : {};
  return inspectObjects(context.stdout, args, flags.text('format'), (ref) =>
    inspectNetwork(client, ref, options, context.signal),
  );
}
