/** `manifest push`: https://docs.docker.com/reference/cli/docker/manifest/push/ */
import { parseReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { manifestName, readList, removeList } from '../manifests/list-store.ts';
import { pushOf } from '../manifests/manifest-list.ts';
import { registryAuthFor } from '../registry-auth.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const name = manifestName(args[0] ?? '');
  const entries = await readList(context, name);
  if (entries === undefined || entries.length === 0) throw new ExitFailure(1, `no such manifest: ${name}`);
  const list = pushOf(entries);
  const registryAuth = await registryAuthFor(context, parseReference(name));
  const client = await context.client();
  const options = { insecure: flags.bool('insecure'), registryAuth };
  const { Digest } = await client.images.pushManifestList(name, list, options, context.signal);
  context.stdout.write(`${Digest}\n`);
  if (flags.bool('purge')) await removeList(context, name);
  return 0;
}
