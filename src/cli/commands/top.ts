/** `top`: https://docs.docker.com/reference/cli/docker/container/top/ */
import type { Context, Invocation } from '../command.ts';
import { alignColumns } from '../render/tabwriter.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [container = '', ...psArgs] = args;
  const client = await context.client();
  const psOptions = psArgs.length === 0 ? undefined : psArgs.join(' ');
  const { Titles, Processes } = await client.containers.top(container, psOptions, context.signal);
  const lines = [Titles, ...Processes].map((cells) => `${cells.join('\t')}\n`);
  context.stdout.write(alignColumns(lines.join(''), { minWidth: 20, padding: 3 }));
  return 0;
}
