/** `volume import`, Berth's own. */
import type { Context, Invocation } from '../command.ts';
import { openInputFile } from '../stream/input-file.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [name = '', file = ''] = args;
  const tar = file === '-' ? context.stdin : await openInputFile(file, context.cwd);
  try {
    const client = await context.client();
    const volume = await client.volumes.import(name, tar, context.signal);
    context.stdout.write(`${volume.Name}\n`);
  } finally {
    tar.destroy();
  }
  return 0;
}
