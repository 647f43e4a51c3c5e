/** `image inspect`: https://docs.docker.com/reference/cli/docker/image/inspect/ */
import { parseReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { parsePlatform } from '../platform.ts';
import { registryAuthFor } from '../registry-auth.ts';
import { requireApi } from '../require-api.ts';

/** An image in a registry; Berth's own. */
const REGISTRY = 'docker://';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const text = flags.text('platform');
  const platform = text === '' ? undefined : JSON.stringify(parsePlatform(text));
  const client = await context.client();
  const remote = async (name: string) => {
    const registryAuth = await registryAuthFor(context, parseReference(name));
    return await client.images.inspectInRegistry(name, { registryAuth, platform: text || undefined }, context.signal);
  };
  if (platform !== undefined) await requireApi(client, '--platform', '1.49');
  return inspectObjects(context.stdout, args, flags.text('format'), async (ref) => ({
    shape: 'ImageInspect',
    document: ref.startsWith(REGISTRY)
      ? await remote(ref.slice(REGISTRY.length))
      : await client.images.inspect(ref, { platform }, context.signal),
  }));
}
