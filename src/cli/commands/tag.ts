/** `tag`: https://docs.docker.com/reference/cli/docker/image/tag/ */
import { messageOf } from '#base/errors.ts';
import { DEFAULT_TAG, fullName, parseReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';

/** The repository and the tag of a new name. */
function splitTarget(target: string): { readonly repository: string; readonly tag: string } {
  let reference: ReturnType<typeof parseReference>;
  try {
    reference = parseReference(target);
  } catch (error) {
    const why = messageOf(error);
    throw new ExitFailure(1, `Error parsing reference: "${target}" is not a valid repository/tag: ${why}`);
  }
  if (reference.digest !== undefined) throw new ExitFailure(1, 'refusing to create a tag with a digest reference');
  return { repository: fullName(reference), tag: reference.tag ?? DEFAULT_TAG };
}

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [image = '', target = ''] = args;
  const names = splitTarget(target);
  const client = await context.client();
  await client.images.tag(image, names, context.signal);
  return 0;
}
