/** `volume ls`: https://docs.docker.com/reference/cli/docker/volume/ls/ */
import { configOf } from '../client-config.ts';
import type { Context, Invocation } from '../command.ts';
import { filtersOf } from '../filters.ts';
import { renderRows } from '../render/rows.ts';
import { naturalCompare } from '../render/shorten.ts';
import { VOLUME_HEADER, volumeFormat, volumeRow } from '../render/volume-row.ts';

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const quiet = flags.bool('quiet');
  const client = await context.client();
  const { Volumes } = await client.volumes.list(filtersOf(flags.list('filter')), context.signal);
  // Volumes of a cluster have a description that volumes of an engine lack.
  const shown = flags.bool('cluster') ? [] : Volumes;
  const configured = flags.changed('format') || quiet ? undefined : configOf(context).volumesFormat;
  const format = flags.text('format') || configured || 'table';
  const rows = [...shown].sort((a, b) => naturalCompare(a.Name, b.Name)).map(volumeRow);
  context.stdout.write(renderRows(volumeFormat(format, quiet, flags.bool('cluster')), VOLUME_HEADER, rows));
  return 0;
}
