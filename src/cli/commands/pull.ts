/** `pull`: https://docs.docker.com/reference/cli/docker/image/pull/ */
import { formatReference, fullName } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { imageToMove } from '../image-to-move.ts';
import { refuseContentTrust, registryAuthFor } from '../registry-auth.ts';
import { flushed } from '../stream/output.ts';
import { showProgress, silent } from '../stream/progress.ts';

export async function run(context: Context, call: Invocation): Promise<number> {
  const { flags } = call;
  refuseContentTrust(context, flags.bool('disable-content-trust'));
  const all = flags.bool('all-tags');
  const quiet = flags.bool('quiet');
  const platform = flags.text('platform') || undefined;
  const reference = imageToMove(context, call);
  const registryAuth = await registryAuthFor(context, reference);
  const client = await context.client();
  const tag = all ? undefined : (reference.digest ?? reference.tag);
  const messages = await client.images.pull(fullName(reference), { tag, platform, registryAuth }, context.signal);
  await showProgress(messages, quiet ? silent : context.stdout);
  context.stdout.write(`${formatReference(reference)}\n`);
  await flushed(context.stdout);
  return 0;
}
