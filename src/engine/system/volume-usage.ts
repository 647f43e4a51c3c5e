import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';
import { formatTimeNs } from '#base/time.ts';
import type { VolumeUsage } from '#spec/docker-api/system.ts';
import type { VolumeTable } from '../state/volume-table.ts';

/** Bytes of all files below a directory; what vanishes while it is counted does not count. */
async function bytesBelow(directory: string): Promise<number> {
  try {
    let sum = 0;
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      sum += entry.isDirectory() ? await bytesBelow(path) : (await lstat(path)).size;
    }
    return sum;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 0;
    throw error;
  }
}

/** Volumes as `GET /system/df` lists them. */
export async function volumeUsage(root: string, volumes: Pick<VolumeTable, 'all'>): Promise<VolumeUsage[]> {
  return Promise.all(
    volumes.all().map(async ({ name, createdNs, users }) => {
      const Mountpoint = join(root, 'volumes', name, '_data');
      return {
        CreatedAt: formatTimeNs(createdNs),
        Driver: 'local',
        // How docker marks volumes that nobody named.
        Labels: { 'com.docker.volume.anonymous': '' },
        Mountpoint,
        Name: name,
        Options: null,
        Scope: 'local',
        UsageData: { RefCount: users, Size: await bytesBelow(Mountpoint) },
      };
    }),
  );
}
