/** `volume inspect`: https://docs.docker.com/reference/cli/docker/volume/inspect/ */
import type { Context, Invocation } from '../command.ts';
import { inspectObjects } from '../inspect-objects.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  return inspectObjects(context.stdout, args, flags.text('format'), async (name) => ({
    shape: 'Volume',
    document: await client.volumes.inspect(name, context.signal),
    isMarshalled: true,
  }));
}
