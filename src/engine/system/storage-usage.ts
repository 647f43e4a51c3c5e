import type { StorageUsage } from '#spec/docker-api/system.ts';
import type { DiskUsageReport } from '#store/disk-usage.ts';

/** Names of entries of the root that are no part of the store. */
const OTHERS: Readonly<Record<string, string>> = {
  volumes: 'Volumes',
  run: 'Running containers',
  '.': 'Root directory',
};

/** What the root has on its disk, by what it is for; the parts add up to the whole. */
export function storageUsage(root: string, report: DiskUsageReport): StorageUsage {
  const containers = Object.values(report.containers).reduce((sum, bytes) => sum + bytes, 0);
  const parts: StorageUsage['Parts'] = [
    { Name: 'Layers', Bytes: report.layers },
    { Name: 'Archives and manifests of images', Bytes: report.blobs },
    { Name: 'Registry', Bytes: report.registry },
    { Name: 'Containers', Bytes: containers },
    ...Object.entries(report.other).map(([name, bytes]) => ({ Name: OTHERS[name] ?? name, Bytes: bytes })),
    { Name: 'Database', Bytes: report.database },
    { Name: 'Downloads and unfinished work', Bytes: report.temporary },
    { Name: 'Cache', Bytes: report.cache },
  ];
  return { Root: root, Total: report.total, Parts: parts.filter(({ Bytes }) => Bytes > 0) };
}
