/** Rows of `volume ls`, and of volumes in `system df -v`. */
import type { VolumeUsage } from '#spec/docker-api/system.ts';
import type { GoStruct } from '../template/values.ts';
import { joinLabels } from './container-row.ts';
import { humanSize } from './human-size.ts';
import { row } from './rows.ts';

export const VOLUME_HEADER: Readonly<Record<string, string>> = {
  Name: 'VOLUME NAME',
  Group: 'GROUP',
  Availability: 'AVAILABILITY',
  Status: 'STATUS',
  Driver: 'DRIVER',
  Scope: 'SCOPE',
  Mountpoint: 'MOUNTPOINT',
  Labels: 'LABELS',
  Links: 'LINKS',
  Size: 'SIZE',
};

export function volumeRow(volume: VolumeUsage): GoStruct {
  const usage = volume.UsageData;
  const columns = {
    Name: () => volume.Name,
    Driver: () => volume.Driver,
    Scope: () => volume.Scope,
    Mountpoint: () => volume.Mountpoint,
    Labels: () => joinLabels(volume.Labels),
    Links: () => (usage == null ? 'N/A' : String(usage.RefCount)),
    Size: () => (usage == null ? 'N/A' : humanSize(usage.Size)),
    Group: () => 'N/A',
    Availability: () => 'N/A',
    Status: () => 'N/A',
  };
  return row('*formatter.volumeContext', columns, (name) => volume.Labels?.[name] ?? '');
}

const RAW = 'name: {{.Name}}\ndriver: {{.Driver}}\n';

/** The template of a format word; other formats as they are. */
export function volumeFormat(format: string, quiet: boolean, cluster: boolean): string {
  if (quiet && (format === 'table' || format === 'raw')) return format === 'raw' ? 'name: {{.Name}}' : '{{.Name}}';
  if (format === 'raw') return RAW;
  if (format !== 'table') return format;
  return cluster
    ? 'table {{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}'
    : 'table {{.Driver}}\t{{.Name}}';
}
