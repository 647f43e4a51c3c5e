/** `push`: https://docs.docker.com/reference/cli/docker/image/push/ */
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { familiarName, formatReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { imageToMove } from '../image-to-move.ts';
import { platformJson } from '../platform-json.ts';
import { refuseContentTrust, registryAuthFor } from '../registry-auth.ts';
import { flushed } from '../stream/output.ts';
import { showProgress, silent } from '../stream/progress.ts';

/** What docker's client says when not all of an index could be pushed. */
async function* withNotes(messages: AsyncIterable<ProgressMessage>, notes: string[]): AsyncGenerator<ProgressMessage> {
  for await (const message of messages) {
    const aux = message.aux as PushAux | undefined;
    if (aux?.manifestPushedInsteadOfIndex === true && aux.originalIndex !== undefined) {
      const words = 'Not all multiplatform-content is present and only the available single-platform image was pushed';
      notes.push(`\nInfo -> ${words}\n${aux.originalIndex.digest} -> ${aux.selectedManifest?.digest}\n`);
    }
    yield message;
  }
}

interface PushAux {
  readonly manifestPushedInsteadOfIndex?: boolean;
  readonly originalIndex?: { readonly digest: string };
  readonly selectedManifest?: { readonly digest: string };
}

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
  const notes: string[] = [];
  await showProgress(withNotes(messages, notes), quiet ? silent : context.stdout);
  if (!quiet && notes.length > 0) context.stdout.write(notes.join(''));
  if (quiet) context.stdout.write(`${formatReference(reference)}\n`);
  await flushed(context.stdout);
  return 0;
}
