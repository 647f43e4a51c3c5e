import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import type { Database } from '../metadata/database.ts';
import { processToken } from '../metadata/process-token.ts';
import type { StorePaths } from '../store-paths.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import type { StorageDriver } from './driver.ts';
import { overlayDriver } from './overlay.ts';
import { vfsDriver } from './vfs.ts';

/** @throws unsupported for a name that is no driver */
export function driverByName(name: string, workers: FileWorkers): StorageDriver {
  if (name === 'overlay') return overlayDriver(workers);
  if (name === 'vfs') return vfsDriver(workers);
  throw new BerthError('unsupported', 'driver.unknown', `unknown storage driver ${name}: overlay and vfs are known`);
}

/** The driver that the root's layers already have, else overlay where an overlay can be mounted over the root's file system. */
export async function chooseDriver(db: Database, paths: StorePaths, workers: FileWorkers): Promise<StorageDriver> {
  const row = db.prepare('SELECT driver FROM layers LIMIT 1').get();
  if (row !== undefined) return driverByName(String(row['driver']), workers);
  mkdirSync(paths.temporary, { recursive: true, mode: 0o700 });
  // Named for this process: a collection of another one leaves it alone.
  const works = await workers.run('probeOverlay', { prefix: join(paths.temporary, `${processToken()}.`) });
  return driverByName(works ? 'overlay' : 'vfs', workers);
}
