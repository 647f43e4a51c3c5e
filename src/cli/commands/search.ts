/** `search`: https://docs.docker.com/reference/cli/docker/search/ */
import type { Context, Invocation } from '../command.ts';
import { filtersOf } from '../filters.ts';
import { HUB, registryAuthForServer } from '../registry-auth.ts';
import { renderRows } from '../render/rows.ts';
import { SEARCH_HEADER, SEARCH_TABLE, searchRow } from '../render/search-row.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const term = args[0] ?? '';
  const first = term.split('/', 1)[0] ?? '';
  const server = term.includes('/') && (/[.:]/.test(first) || first === 'localhost') ? first : HUB;
  const registryAuth = await registryAuthForServer(context, server);
  const client = await context.client();
  const limit = flags.changed('limit') ? flags.number('limit') : undefined;
  const options = { limit, filters: filtersOf(flags.list('filter')), registryAuth };
  const results = await client.images.search(term, options, context.signal);
  const format = flags.text('format') || 'table';
  const truncate = !flags.bool('no-trunc');
  const rows = results.map((result) => searchRow(result, truncate));
  context.stdout.write(renderRows(format === 'table' ? SEARCH_TABLE : format, SEARCH_HEADER, rows));
  return 0;
}
