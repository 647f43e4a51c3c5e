/** `tag`: https://docs.docker.com/reference/cli/docker/image/tag/ */
import { BerthError } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';

/** The repository and the tag of a new name; the engine judges the rest. */
function splitTarget(target: string): { readonly repository: string; readonly tag: string } {
  const at = target.lastIndexOf(':');
  const isTagged = at !== -1 && !target.slice(at).includes('/');
  return isTagged
    ? { repository: target.slice(0, at), tag: target.slice(at + 1) }
    : { repository: target, tag: 'latest' };
}

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [image = '', target = ''] = args;
  if (target.includes('@')) throw new ExitFailure(1, 'refusing to create a tag with a digest reference');
  if (target === '' || image === '')
    throw new BerthError(
      'invalid',
      'cli.bad-reference',
      `Error parsing reference: "${image || target}" is not a valid repository/tag: invalid reference format`,
    );
  const client = await context.client();
  await client.images.tag(image, splitTarget(target), context.signal);
  return 0;
}
