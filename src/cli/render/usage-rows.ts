/** Rows of `system df`: a summary of each kind of object, and volumes and build cache one by one. */
import { humanDuration } from '#base/units.ts';
import type { ContainerSummary } from '#spec/docker-api/containers.ts';
import type { ImageSummary } from '#spec/docker-api/images.ts';
import type { BuildCacheUsage, VolumeUsage } from '#spec/docker-api/system.ts';
import type { GoStruct } from '../template/values.ts';
import { goTimeText } from './go-time.ts';
import { humanSize } from './human-size.ts';
import { row } from './rows.ts';
import { shortId } from './shorten.ts';

export const USAGE_HEADER: Readonly<Record<string, string>> = {
  Type: 'TYPE',
  TotalCount: 'TOTAL',
  Active: 'ACTIVE',
  Size: 'SIZE',
  Reclaimable: 'RECLAIMABLE',
};

interface Usage {
  readonly type: string;
  readonly goType: string;
  readonly total: number;
  readonly active: number;
  /** Bytes. */
  readonly size: number;
  readonly reclaimable: number;
  /** False: the share of it is not shown. */
  readonly showsShare: boolean;
}

function usageRow(usage: Usage): GoStruct {
  const share = Math.trunc((usage.reclaimable * 100) / usage.size);
  const reclaimable = humanSize(usage.reclaimable);
  return row(`*formatter.${usage.goType}`, {
    Type: () => usage.type,
    TotalCount: () => String(usage.total),
    Active: () => String(usage.active),
    Size: () => humanSize(usage.size),
    Reclaimable: () => (usage.showsShare && usage.size > 0 ? `${reclaimable} (${share}%)` : reclaimable),
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const isActive = (container: ContainerSummary): boolean =>
  ['running', 'paused', 'restarting'].includes(container.State);

export function imagesUsage(images: readonly ImageSummary[], layersSize: number): GoStruct {
  const used = images
    .filter((image) => image.Containers !== 0 && image.Size !== -1 && image.SharedSize !== -1)
    .map((image) => image.Size - image.SharedSize);
  return usageRow({
    type: 'Images',
    goType: 'diskUsageImagesContext',
    total: images.length,
    active: images.filter((image) => image.Containers > 0).length,
    size: layersSize,
    reclaimable: layersSize - sum(used),
    showsShare: true,
  });
}

export function containersUsage(containers: readonly ContainerSummary[]): GoStruct {
  return usageRow({
    type: 'Containers',
    goType: 'diskUsageContainersContext',
    total: containers.length,
    active: containers.filter(isActive).length,
    size: sum(containers.map((container) => container.SizeRw ?? 0)),
    reclaimable: sum(containers.filter((container) => !isActive(container)).map((container) => container.SizeRw ?? 0)),
    showsShare: true,
  });
}

export function volumesUsage(volumes: readonly VolumeUsage[]): GoStruct {
  const sized = volumes.flatMap(({ UsageData }) => (UsageData == null || UsageData.Size === -1 ? [] : [UsageData]));
  return usageRow({
    type: 'Local Volumes',
    goType: 'diskUsageVolumesContext',
    total: volumes.length,
    active: volumes.filter((volume) => (volume.UsageData?.RefCount ?? 0) > 0).length,
    size: sum(sized.map((usage) => usage.Size)),
    reclaimable: sum(sized.filter((usage) => usage.RefCount === 0).map((usage) => usage.Size)),
    showsShare: true,
  });
}

/** Bytes of the cache that it shares with nobody. */
export function cacheSize(cache: readonly BuildCacheUsage[]): number {
  return sum(cache.filter((record) => !record.Shared).map((record) => record.Size));
}

export function cacheUsage(cache: readonly BuildCacheUsage[]): GoStruct {
  const size = cacheSize(cache);
  return usageRow({
    type: 'Build Cache',
    goType: 'diskUsageBuilderContext',
    total: cache.length,
    active: cache.filter((record) => record.InUse).length,
    size,
    reclaimable: size - cacheSize(cache.filter((record) => record.InUse)),
    showsShare: false,
  });
}

export const CACHE_HEADER: Readonly<Record<string, string>> = {
  ID: 'CACHE ID',
  Parent: 'PARENT',
  CacheType: 'CACHE TYPE',
  Size: 'SIZE',
  CreatedSince: 'CREATED',
  LastUsedSince: 'LAST USED',
  UsageCount: 'USAGE',
  InUse: 'IN USE',
  Shared: 'SHARED',
  Description: 'DESCRIPTION',
};

const ago = (time: string): string => `${humanDuration((Date.now() - Date.parse(time)) / 1000)} ago`;

export function cacheRow(record: BuildCacheUsage, truncate: boolean): GoStruct {
  const id = truncate ? shortId(record.ID) : record.ID;
  const parents = (record.Parents ?? []).join(', ');
  const lastUsed = record.LastUsedAt;
  return row('*formatter.buildCacheContext', {
    ID: () => (record.InUse ? `${id}*` : id),
    Parent: () => (truncate ? shortId(parents) : parents),
    CacheType: () => record.Type,
    Description: () => record.Description,
    Size: () => humanSize(record.Size, 3),
    CreatedAt: () => goTimeText(record.CreatedAt),
    CreatedSince: () => ago(record.CreatedAt),
    LastUsedAt: () => (lastUsed == null ? '' : goTimeText(lastUsed)),
    LastUsedSince: () => (lastUsed == null ? '' : ago(lastUsed)),
    UsageCount: () => String(record.UsageCount),
    InUse: () => String(record.InUse),
    Shared: () => String(record.Shared),
  });
}
