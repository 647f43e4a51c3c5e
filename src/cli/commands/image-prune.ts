/** `image prune`: https://docs.docker.com/reference/cli/docker/image/prune/ */
import type { Context, Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { filtersOf } from '../filters.ts';
import { pruneImages } from '../prune.ts';
import { humanSize } from '../render/human-size.ts';

const SURE = 'Are you sure you want to continue?';
const ALL = `WARNING! This will remove all images without at least one container associated to them.\n${SURE}`;
const DANGLING = `WARNING! This will remove all dangling images.\n${SURE}`;

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const all = flags.bool('all');
  const filters = filtersOf(flags.list('filter')) ?? {};
  if (!flags.bool('force')) await confirm(context, all ? ALL : DANGLING);
  const client = await context.client();
  const { output, space } = await pruneImages(client, all, filters, context.signal);
  if (output !== '') context.stdout.write(`${output}\n`);
  context.stdout.write(`Total reclaimed space: ${humanSize(space)}\n`);
  return 0;
}
