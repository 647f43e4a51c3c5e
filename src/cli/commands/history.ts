/** `history`: https://docs.docker.com/reference/cli/docker/image/history/ */
import type { Context, Invocation } from '../command.ts';
import { parsePlatform } from '../platform.ts';
import { HISTORY_HEADER, historyFormat, historyRow } from '../render/history-row.ts';
import { renderRows } from '../render/rows.ts';
import { requireApi } from '../require-api.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const text = flags.text('platform');
  const platform = text === '' ? undefined : JSON.stringify(parsePlatform(text));
  const client = await context.client();
  if (platform !== undefined) await requireApi(client, '--platform', '1.48');
  const steps = await client.images.history(args[0] ?? '', { platform }, context.signal);
  const human = flags.bool('human');
  const format = historyFormat(flags.text('format') || 'table', flags.bool('quiet'), human);
  const truncate = !flags.bool('no-trunc');
  const rows = steps.map((step) => historyRow(step, truncate, human));
  context.stdout.write(renderRows(format, HISTORY_HEADER, rows));
  return 0;
}
