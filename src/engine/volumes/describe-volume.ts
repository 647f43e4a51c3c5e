import { formatTimeNs } from '#base/time.ts';
import type { Volume } from '#spec/docker-api/volumes.ts';
import type { VolumeRow } from '../state/volume-table.ts';
import { dataDirectory } from './volume-directory.ts';

/** How Docker marks volumes that nobody named. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';

/** A volume in the API's shape. Times are in whole seconds, as Docker has them. */
export function describeVolume(root: string, row: VolumeRow): Volume {
  return {
    CreatedAt: formatTimeNs(row.createdNs - (row.createdNs % 1_000_000_000n)),
    Driver: 'local',
    Labels: row.labels,
    Mountpoint: dataDirectory(root, row.name),
    Name: row.name,
    Options: row.options,
    Scope: 'local',
  };
}
