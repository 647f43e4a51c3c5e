/** A container as a row of `ps`. */
import { humanDuration } from '#base/units.ts';
import type { ContainerSummary } from '#spec/docker-api/containers.ts';
import { goQuote } from '../flag-error.ts';
import type { GoStruct } from '../template/values.ts';
import { compareStrings } from '../template/values.ts';
import { goTime } from './go-time.ts';
import { humanSize } from './human-size.ts';
import { displayPorts } from './ports.ts';
import { row } from './rows.ts';
import { ellipsis, familiarImage, shortId } from './shorten.ts';

export const CONTAINER_HEADER: Readonly<Record<string, string>> = {
  ID: 'CONTAINER ID',
  Names: 'NAMES',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  Ports: 'PORTS',
  State: 'STATE',
  Status: 'STATUS',
  Size: 'SIZE',
  Labels: 'LABELS',
  Mounts: 'MOUNTS',
  LocalVolumes: 'LOCAL VOLUMES',
  Networks: 'NETWORKS',
  Platform: 'PLATFORM',
};

const TABLE = 'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}';
const RAW = `container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
`;

/** The template of `ps` for what `--format`, `--quiet` and `--size` say. */
export function containerFormat(format: string, quiet: boolean, size: boolean): string {
  if (format === 'raw') return quiet ? 'container_id: {{.ID}}' : size ? `${RAW}size: {{.Size}}\\n` : RAW;
  if (quiet) return '{{.ID}}';
  if (format !== '' && format !== 'table') return format;
  return size ? `${TABLE}\\t{{.Size}}` : TABLE;
}

/** Labels as `a=1,b=2`, sorted. */
export function joinLabels(labels: Readonly<Record<string, string>> | null | undefined): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .sort(compareStrings)
    .join(',');
}

/** The name without the names that links gave it, or all of them. */
function names(container: ContainerSummary, truncate: boolean): string {
  const all = container.Names.map((name) => name.slice(1));
  return truncate ? (all.find((name) => !name.includes('/')) ?? all.join(',')) : all.join(',');
}

function image(container: ContainerSummary, truncate: boolean): string {
  if (container.Image === '') return '<no image>';
  if (!truncate) return container.Image;
  const id = shortId(container.ImageID);
  return id === shortId(container.Image) ? id : familiarImage(container.Image);
}

function size(container: ContainerSummary): string {
  const own = humanSize(container.SizeRw ?? 0, 3);
  const whole = container.SizeRootFs ?? 0;
  return whole > 0 ? `${own} (virtual ${humanSize(whole, 3)})` : own;
}

/** @param onSize called when a template asks for the size, which is costly to compute */
export function containerRow(container: ContainerSummary, truncate: boolean, onSize?: () => void): GoStruct {
  const created = container.Created;
  const columns: Record<string, () => unknown> = {
    ID: () => (truncate ? shortId(container.Id) : container.Id),
    Names: () => names(container, truncate),
    Image: () => image(container, truncate),
    Command: () => goQuote(truncate ? ellipsis(container.Command, 20) : container.Command),
    CreatedAt: () => goTime(created),
    RunningFor: () => `${humanDuration(Date.now() / 1000 - created)} ago`,
    Ports: () => displayPorts(container.Ports),
    State: () => container.State,
    Status: () => container.Status,
    Size: () => {
      onSize?.();
      return size(container);
    },
    Labels: () => joinLabels(container.Labels),
    Mounts: () =>
      container.Mounts.map((mount) => mount.Name || mount.Source)
        .map((name) => (truncate ? ellipsis(name, 15) : name))
        .join(','),
    LocalVolumes: () => String(container.Mounts.filter((mount) => mount.Driver === 'local').length),
    Networks: () => Object.keys(container.NetworkSettings?.Networks ?? {}).join(','),
    Platform: () => null,
  };
  return row('*formatter.ContainerContext', columns, (name) => container.Labels?.[name] ?? '');
}
