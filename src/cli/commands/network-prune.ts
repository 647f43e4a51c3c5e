/** `network prune`: https://docs.docker.com/reference/cli/docker/network/prune/ */
import type { Context, Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { filtersOf } from '../filters.ts';
import { pruneNetworks } from '../prune.ts';

const QUESTION =
  'WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you want to continue?';

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const filters = filtersOf(flags.list('filter')) ?? {};
  if (!flags.bool('force')) await confirm(context, QUESTION);
  const client = await context.client();
  const { output } = await pruneNetworks(client, filters, context.signal);
  if (output !== '') context.stdout.write(`${output}\n`);
  return 0;
}
