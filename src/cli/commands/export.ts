/** `export`: https://docs.docker.com/reference/cli/docker/container/export/ */
import type { Context, Invocation } from '../command.ts';
import { writeArchive } from '../stream/archive-output.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  await writeArchive(context, flags.text('output'), 'failed to export container', () =>
    client.containers.export(args[0] ?? '', context.signal),
  );
  return 0;
}
