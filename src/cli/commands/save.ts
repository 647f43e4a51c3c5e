/** `save`: https://docs.docker.com/reference/cli/docker/image/save/ */
import type { Context, Invocation } from '../command.ts';
import { platformJson } from '../platform-json.ts';
import { writeArchive } from '../stream/archive-output.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const platform = platformJson(flags.text('platform'));
  const client = await context.client();
  await writeArchive(context, flags.text('output'), 'failed to save image', () =>
    client.images.save(args, { platform }, context.signal),
  );
  return 0;
}
