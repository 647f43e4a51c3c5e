import { lstat, readdir } from 'node:fs/promises';
import { isErrno } from '#base/errors.ts';
import type { VolumeUsage } from '#spec/docker-api/system.ts';
import type { CountedVolume } from '../state/volume-table.ts';
import { describeVolume } from './describe-volume.ts';
import { boundDirectory, driverOptionsOf } from './driver-options.ts';
import { dataDirectory } from './volume-directory.ts';

function ignoreGone(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
}

/**
 * Bytes of all files below a directory, every file counted once; names may be of any bytes, and what vanishes while it is counted
 * does not count.
 */
export async function bytesBelow(directory: string): Promise<number> {
  const seen = new Set<string>();
  const measure = async (path: Buffer): Promise<number> => {
    try {
      const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
      const childOf = (name: Buffer) => Buffer.concat([path, Buffer.from('/'), name]);
      const files = entries.filter((entry) => !entry.isDirectory());
      const sizes = await Promise.all(files.map(({ name }) => sizeOf(childOf(name))));
      let sum = sizes.reduce((all, size) => all + size, 0);
      for (const entry of entries) if (entry.isDirectory()) sum += await measure(childOf(entry.name));
      return sum;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 0;
      throw error;
    }
  };
  const sizeOf = async (path: Buffer): Promise<number> => {
    const stat = await lstat(path).catch(ignoreGone);
    if (stat === undefined) return 0;
    const { size, nlink, dev, ino } = stat;
    if (nlink > 1) {
      const key = `${dev}:${ino}`;
      if (seen.has(key)) return 0;
      seen.add(key);
    }
    return size;
  };
  return measure(Buffer.from(directory));
}

/** Bytes that removing a volume gives back: what a driver's mount holds is elsewhere. */
export async function ownBytes(root: string, volume: CountedVolume): Promise<number> {
  return driverOptionsOf(volume.options) === undefined ? bytesBelow(dataDirectory(root, volume.directory)) : 0;
}

/** Volumes as `GET /system/df` lists them; a size of -1 is one that is not known. */
export async function volumeUsage(root: string, volumes: readonly CountedVolume[]): Promise<VolumeUsage[]> {
  return Promise.all(
    volumes
      .filter(({ status }) => status === 'ready')
      .map(async (row) => {
        const isMount = driverOptionsOf(row.options) !== undefined;
        const bound = boundDirectory(row.options);
        const place = bound ?? (isMount ? undefined : dataDirectory(root, row.directory));
        return {
          ...describeVolume(root, row),
          UsageData: { RefCount: row.users, Size: place === undefined ? -1 : await bytesBelow(place) },
        };
      }),
  );
}
