/** `image cat`: Berth's own. */
import type { Context, Invocation } from '../command.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [name = '', ...paths] = args;
  const client = await context.client();
  for (const path of paths) {
    const content = await client.images.readFile(name, path, context.signal);
    for await (const piece of content as AsyncIterable<Buffer>) context.stdout.write(piece);
  }
  return 0;
}
