/** `container inspect`: https://docs.docker.com/reference/cli/docker/container/inspect/ */
import type { Context, Invocation } from '../command.ts';
import { inspectObjects } from '../inspect-objects.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  const size = flags.bool('size');
  return inspectObjects(context.stdout, args, flags.text('format'), async (ref) => ({
    shape: 'ContainerInspect',
    document: await client.containers.inspect(ref, { size }, context.signal),
  }));
}
