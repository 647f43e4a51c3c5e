/** `volume update`: https://docs.docker.com/reference/cli/docker/volume/update/ */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';

/** Only volumes of a cluster change, and an engine without a Swarm has none. */
export async function run(context: Context, { args }: Invocation): Promise<number> {
  const client = await context.client();
  await client.volumes.inspect(args[0] ?? '', context.signal);
  throw new ExitFailure(1, 'can only update cluster volumes');
}
