/** `network ls`: https://docs.docker.com/reference/cli/docker/network/ls/ */
import { configOf } from '../client-config.ts';
import type { Context, Invocation } from '../command.ts';
import { filtersOf } from '../filters.ts';
import { NETWORK_HEADER, networkFormat, networkRow } from '../render/network-row.ts';
import { renderRows } from '../render/rows.ts';
import { naturalCompare } from '../render/shorten.ts';

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const quiet = flags.bool('quiet');
  const client = await context.client();
  const networks = await client.networks.list(filtersOf(flags.list('filter')), context.signal);
  const configured = flags.changed('format') || quiet ? undefined : configOf(context).networksFormat;
  const format = networkFormat(flags.text('format') || configured || 'table', quiet);
  const truncate = !flags.bool('no-trunc');
  const sorted = [...networks].sort((a, b) => naturalCompare(a.Name, b.Name));
  const rows = sorted.map((network) => networkRow(network, truncate));
  context.stdout.write(renderRows(format, NETWORK_HEADER, rows));
  return 0;
}
