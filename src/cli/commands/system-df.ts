/** `system df`: https://docs.docker.com/reference/cli/docker/system/df/ */
import { isBerthError } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import type { ContainerSummary } from '#spec/docker-api/containers.ts';
import type { DiskUsage, StorageUsage } from '#spec/docker-api/system.ts';
import type { Context, Invocation } from '../command.ts';
import { CONTAINER_HEADER, containerFormat, containerRow } from '../render/container-row.ts';
import { humanSize } from '../render/human-size.ts';
import { IMAGE_HEADER, imageFormat, imageNames, imageRow } from '../render/image-row.ts';
import { isTable, parseFormat, renderRows, row, runFormat } from '../render/rows.ts';
import {
  CACHE_HEADER,
  cacheRow,
  cacheSize,
  cacheUsage,
  containersUsage,
  imagesUsage,
  USAGE_HEADER,
  volumesUsage,
} from '../render/usage-rows.ts';
import { VOLUME_HEADER, volumeRow } from '../render/volume-row.ts';
import { GoStruct } from '../template/values.ts';

const SUMMARY = 'table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';
const RAW =
  'type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n';
const IMAGES =
  'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}';
const CONTAINERS =
  'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}';
const VOLUMES = 'table {{.Name}}\t{{.Links}}\t{{.Size}}';
const CACHE =
  'table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}';
const VERBOSE_RAW = `{{range .Images}}type: Image
${imageFormat('raw', false, true)}
{{end -}}
{{range .Containers}}type: Container
${containerFormat('raw', false, true)}
{{end -}}
{{range .Volumes}}type: Volume
name: {{.Name}}
driver: {{.Driver}}

{{end -}}
{{range .BuildCache}}type: Build Cache
build_cache_id: {{.ID}}
parent_id: {{.Parent}}
build_cache_type: {{.CacheType}}
description: {{.Description}}
created_at: {{.CreatedAt}}
created_since: {{.CreatedSince}}
last_used_at: {{.LastUsedAt}}
last_used_since: {{.LastUsedSince}}
usage_count: {{.UsageCount}}
in_use: {{.InUse}}
shared: {{.Shared}}

{{end -}}`;

/** Without the size of the image below. */
const own = (container: ContainerSummary): ContainerSummary => ({ ...container, SizeRootFs: 0 });

function rowsOf(usage: DiskUsage, truncate: boolean) {
  const cache = [...(usage.BuildCache ?? [])].sort((a, b) => {
    const [left, right] = [a.LastUsedAt ?? '', b.LastUsedAt ?? ''];
    return left < right || (left === right && a.ID < b.ID) ? -1 : 1;
  });
  return {
    images: (usage.Images ?? []).map((image) => {
      const [name] = imageNames({ ...image, RepoDigests: [] }, false, false);
      return imageRow(image, { ...(name ?? { repository: '<none>', tag: '<none>' }), digest: '' }, truncate);
    }),
    containers: (usage.Containers ?? []).map((container) => containerRow(own(container), truncate)),
    volumes: (usage.Volumes ?? []).map(volumeRow),
    cache: cache.map((record) => cacheRow(record, truncate)),
  };
}

function verboseTables(usage: DiskUsage): string {
  const rows = rowsOf(usage, true);
  return [
    `Images space usage:\n\n${renderRows(IMAGES, IMAGE_HEADER, rows.images)}`,
    `Containers space usage:\n\n${renderRows(CONTAINERS, CONTAINER_HEADER, rows.containers)}`,
    `Local Volumes space usage:\n\n${renderRows(VOLUMES, VOLUME_HEADER, rows.volumes)}`,
    `Build cache usage: ${humanSize(cacheSize(usage.BuildCache ?? []))}\n\n${renderRows(CACHE, CACHE_HEADER, rows.cache)}`,
  ].join('\n');
}

function verbose(usage: DiskUsage, format: string): string {
  if (format === 'table') return verboseTables(usage);
  const rows = rowsOf(usage, isTable(format));
  const source = format === 'raw' ? VERBOSE_RAW : format === 'json' ? '{{json .}}' : format;
  const everything = new GoStruct(
    '*formatter.diskUsageContext',
    new Map<string, unknown>([
      ['Images', rows.images],
      ['Containers', rows.containers],
      ['Volumes', rows.volumes],
      ['BuildCache', rows.cache],
    ]),
  );
  const template = parseFormat(source.replaceAll('\\t', '\t').replaceAll('\\n', '\n'));
  return runFormat(template, everything);
}

const STORAGE = 'table {{.Name}}\t{{.Size}}\t{{.Bytes}}';

/** All that the engine has on its disk, to the byte; nothing for docker's, which cannot tell. */
async function storageTable(client: Client, signal: AbortSignal | undefined): Promise<string> {
  let usage: StorageUsage;
  try {
    usage = await client.system.storage(signal);
  } catch (error) {
    if (isBerthError(error, 'not-found')) return '';
    throw error;
  }
  const rows = [...usage.Parts, { Name: 'Total', Bytes: usage.Total }].map(({ Name, Bytes }) =>
    row('*berth.StoragePart', { Name: () => Name, Size: () => humanSize(Bytes), Bytes: () => String(Bytes) }),
  );
  const header = { Name: 'WHAT', Size: 'SIZE', Bytes: 'BYTES' };
  return `\nDisk usage below ${usage.Root}: ${humanSize(usage.Total)}\n\n${renderRows(STORAGE, header, rows)}`;
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const client = await context.client();
  const usage = await client.system.diskUsage([], context.signal);
  const format = flags.text('format') || 'table';
  if (flags.bool('verbose')) {
    context.stdout.write(verbose(usage, format));
    if (format === 'table') context.stdout.write(await storageTable(client, context.signal));
    return 0;
  }
  const rows = [
    imagesUsage(usage.Images ?? [], usage.LayersSize ?? 0),
    containersUsage(usage.Containers ?? []),
    volumesUsage(usage.Volumes ?? []),
    cacheUsage(usage.BuildCache ?? []),
  ];
  const source = format === 'table' ? SUMMARY : format === 'raw' ? RAW : format;
  context.stdout.write(renderRows(source, USAGE_HEADER, rows));
  return 0;
}
