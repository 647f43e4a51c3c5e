/** `volume prune`: https://docs.docker.com/reference/cli/docker/volume/prune/ */
import type { Context, Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { ExitFailure } from '../failure.ts';
import { filtersOf } from '../filters.ts';
import { pruneVolumes } from '../prune.ts';
import { humanSize } from '../render/human-size.ts';

const question = (all: boolean) =>
  `WARNING! This will remove ${all ? 'all' : 'anonymous'} local volumes not used by at least one container.\nAre you sure you want to continue?`;

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const all = flags.bool('all');
  const filters = filtersOf(flags.list('filter')) ?? {};
  if (all && filters['all'] !== undefined)
    throw new ExitFailure(1, 'conflicting options: cannot specify both --all and --filter all=1');
  if (!flags.bool('force')) await confirm(context, question(all));
  const client = await context.client();
  const { output, space } = await pruneVolumes(client, all ? { ...filters, all: ['true'] } : filters, context.signal);
  if (output !== '') context.stdout.write(`${output}\n`);
  context.stdout.write(`Total reclaimed space: ${humanSize(space)}\n`);
  return 0;
}
