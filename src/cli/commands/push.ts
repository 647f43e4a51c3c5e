/** `push`: https://docs.docker.com/reference/cli/docker/image/push/ */
import { familiarName, formatReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { imageToMove } from '../image-to-move.ts';
import { platformJson } from '../platform-json.ts';
import { refuseContentTrust, registryAuthFor } from '../registry-auth.ts';
import { flushed } from '../stream/output.ts';
import { showProgress, silent } from '../stream/progress.ts';

export async function run(context: Context, call: Invocation): Promise<number> {
  const { flags } = call;
  refuseContentTrust(context, flags.bool('disable-content-trust'));
  const all = flags.bool('all-tags');
  const quiet = flags.bool('quiet');
  const platform = platformJson(flags.text('platform'));
  const reference = imageToMove(context, call);
  if (reference.digest !== undefined) throw new ExitFailure(1, 'cannot push a digest reference');
  const registryAuth = await registryAuthFor(context, reference);
  const client = await context.client();
  const options = { tag: all ? undefined : reference.tag, platform, registryAuth };
  const messages = await client.images.push(familiarName(reference), options, context.signal);
  await showProgress(messages, quiet ? silent : context.stdout);
  if (quiet) context.stdout.write(`${formatReference(reference)}\n`);
  await flushed(context.stdout);
  return 0;
}
