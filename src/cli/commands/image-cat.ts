/** `image cat`: Berth's own. */
import type { Context, Invocation } from '../command.ts';
import { openOperands } from '../examine-operands.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [name = '', ...paths] = args;
  await using operands = await openOperands(context, [name]);
  for (const path of paths) {
    const content = await operands.client.images.readFile(operands.names[0]!, path, context.signal);
    for await (const piece of content as AsyncIterable<Buffer>) context.stdout.write(piece);
  }
  return 0;
}
