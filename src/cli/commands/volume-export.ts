/** `volume export`, Berth's own. */
import type { Context, Invocation } from '../command.ts';
import { writeArchive } from '../stream/archive-output.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  await writeArchive(context, flags.text('output'), 'failed to export volume', () =>
    client.volumes.export(args[0] ?? '', context.signal),
  );
  return 0;
}
