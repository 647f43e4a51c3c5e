/** `pull`: https://docs.docker.com/reference/cli/docker/image/pull/ */
import { messageOf } from '#base/errors.ts';
import { formatReference, fullName, parseReference, withDefaultTag } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { refuseContentTrust, registryAuthFor } from '../registry-auth.ts';
import { flushed } from '../stream/output.ts';
import { showProgress, silent } from '../stream/progress.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  refuseContentTrust(context, flags.bool('disable-content-trust'));
  const given = parse(args[0] ?? '');
  const isNameOnly = given.tag === undefined && given.digest === undefined;
  const all = flags.bool('all-tags');
  const quiet = flags.bool('quiet');
  if (all && !isNameOnly) throw new ExitFailure(1, "tag can't be used with --all-tags/-a");
  const reference = all ? given : withDefaultTag(given);
  if (!all && isNameOnly && !quiet) context.stdout.write('Using default tag: latest\n');
  const platform = flags.text('platform') || undefined;
  const registryAuth = await registryAuthFor(context, reference);
  const client = await context.client();
  const tag = all ? undefined : (reference.digest ?? reference.tag);
  const messages = await client.images.pull(fullName(reference), { tag, platform, registryAuth }, context.signal);
  await showProgress(messages, quiet ? silent : context.stdout);
  context.stdout.write(`${formatReference(reference)}\n`);
  await flushed(context.stdout);
  return 0;
}

function parse(name: string) {
  try {
    return parseReference(name);
  } catch (error) {
    throw new ExitFailure(1, messageOf(error));
  }
}
