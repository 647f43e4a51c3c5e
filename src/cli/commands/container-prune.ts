/** `container prune`: https://docs.docker.com/reference/cli/docker/container/prune/ */
import type { Context, Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { filtersOf } from '../filters.ts';
import { pruneContainers } from '../prune.ts';
import { humanSize } from '../render/human-size.ts';

const QUESTION = 'WARNING! This will remove all stopped containers.\nAre you sure you want to continue?';

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const filters = filtersOf(flags.list('filter')) ?? {};
  if (!flags.bool('force')) await confirm(context, QUESTION);
  const client = await context.client();
  const { output, space } = await pruneContainers(client, filters, context.signal);
  if (output !== '') context.stdout.write(`${output}\n`);
  context.stdout.write(`Total reclaimed space: ${humanSize(space)}\n`);
  return 0;
}
