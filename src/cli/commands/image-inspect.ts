/** `image inspect`: https://docs.docker.com/reference/cli/docker/image/inspect/ */
import type { Context, Invocation } from '../command.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { parsePlatform } from '../platform.ts';
import { requireApi } from '../require-api.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const text = flags.text('platform');
  const platform = text === '' ? undefined : JSON.stringify(parsePlatform(text));
  const client = await context.client();
  if (platform !== undefined) await requireApi(client, '--platform', '1.49');
  return inspectObjects(context.stdout, args, flags.text('format'), async (ref) => ({
    shape: 'ImageInspect',
    document: await client.images.inspect(ref, { platform }, context.signal),
  }));
}
