/** `image copy`: Berth's own. */
import { resolve } from 'node:path';
import { parseReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { registryAuthFor } from '../registry-auth.ts';
import { flushed } from '../stream/output.ts';
import { showProgress, silent } from '../stream/progress.ts';

const REGISTRY = 'docker://';
const FILE = /^(oci|oci-archive|docker-archive):([^:]*)(.*)$/;

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [from = '', to = ''] = args;
  const options = {
    platform: flags.text('platform') || undefined,
    fromAuth: await authOf(context, from),
    toAuth: await authOf(context, to),
  };
  const client = await context.client();
  const messages = await client.images.copy(wholePath(context, from), wholePath(context, to), options, context.signal);
  await showProgress(messages, flags.bool('quiet') ? silent : context.stdout);
  await flushed(context.stdout);
  return 0;
}

async function authOf(context: Context, place: string): Promise<string | undefined> {
  return place.startsWith(REGISTRY)
    ? await registryAuthFor(context, parseReference(place.slice(REGISTRY.length)))
    : undefined;
}

/** The engine may have another working directory. */
function wholePath(context: Context, place: string): string {
  const [, kind, path = '', rest = ''] = FILE.exec(place) ?? [];
  return kind === undefined ? place : `${kind}:${resolve(context.cwd, path)}${rest}`;
}
