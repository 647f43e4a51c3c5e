/** `system prune`: https://docs.docker.com/reference/cli/docker/system/prune/ */
import type { Context, Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { ExitFailure } from '../failure.ts';
import { filtersOf } from '../filters.ts';
import type { Filters } from '../prune.ts';
import { pruneContainers, pruneImages, pruneNetworks, pruneVolumes } from '../prune.ts';
import { humanSize } from '../render/human-size.ts';
import { naturalCompare } from '../render/shorten.ts';

/** A build cache joins the list when Berth has one. */
function question(all: boolean, volumes: boolean, filters: Filters): string {
  const warnings = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images',
  ];
  const list = (items: readonly string[]) => items.map((item) => `\n  - ${item}`).join('');
  const named = ['label', 'label!', 'until'].flatMap((name) =>
    (filters[name] ?? []).map((value) => `${name}=${value}`),
  );
  const filtered =
    named.length === 0 ? '' : `\n  Items to be pruned will be filtered with:${list(named.sort(naturalCompare))}\n`;
  return `WARNING! This will remove:${list(warnings)}\n${filtered}\nAre you sure you want to continue?`;
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const all = flags.bool('all');
  const volumes = flags.bool('volumes');
  const filters = filtersOf(flags.list('filter')) ?? {};
  if (volumes && filters['until'] !== undefined)
    throw new ExitFailure(1, 'ERROR: The "until" filter is not supported with "--volumes"');
  if (!flags.bool('force')) await confirm(context, question(all, volumes, filters));
  const client = await context.client();
  let space = 0;
  for (const prune of [
    () => pruneContainers(client, filters, context.signal),
    () => pruneNetworks(client, filters, context.signal),
    ...(volumes ? [() => pruneVolumes(client, filters, context.signal)] : []),
    () => pruneImages(client, all, filters, context.signal),
  ]) {
    const pruned = await prune();
    space += pruned.space;
    if (pruned.output !== '') context.stdout.write(`${pruned.output}\n`);
  }
  context.stdout.write(`Total reclaimed space: ${humanSize(space)}\n`);
  return 0;
}
