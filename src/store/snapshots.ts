import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import type { ContentStore } from './content/content-store.ts';
import type { StorageDriver } from './drivers/driver.ts';
import { collectGarbage } from './gc.ts';
import type { ImageStore, StoredImage } from './images/image-store.ts';
import type { ChangesJob } from './layers/change-jobs.ts';
import type { LayerStore } from './layers/layer-store.ts';
import { type Database, statement, transact } from './metadata/database.ts';
import type { Removals } from './removals.ts';
import type { StorePaths } from './store-paths.ts';
import type { FileWorkers } from './worker/file-workers.ts';

export interface SnapshotParts {
  readonly db: Database;
  readonly paths: StorePaths;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly workers: FileWorkers;
  readonly removals: Removals;
  readonly driver: () => Promise<StorageDriver>;
  readonly driverNamed: (name: string) => StorageDriver;
}

/** What a container's file system stands on. */
export interface SnapshotRow {
  readonly containerId: string;
  readonly imageId: string;
  readonly topLayer: string | undefined;
  readonly driver: 'overlay' | 'vfs';
}

/** The writable root filesystems of containers. */
export class SnapshotStore {
  readonly #parts: SnapshotParts;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  /**
   * Makes a container's writable root over an image. The image cannot be collected from here on.
   *
   * @param image what `images.resolve` gave
   * @throws conflict when the container has one, not-found when the image is gone meanwhile
   */
  async prepare(containerId: string, image: StoredImage): Promise<RootfsMount> {
    const { db, paths, layers } = this.#parts;
    const top = image.row.topLayer;
    const name = layers.table.get(top ?? '')?.driver ?? (await this.#parts.driver()).name;
    transact(db, () => {
      if (this.#parts.images.table.get(image.id) === undefined) {
        throw new BerthError('not-found', 'image.not-found', `No such image: ${image.id}`);
      }
      if (this.get(containerId) !== undefined) {
        throw new BerthError('conflict', 'snapshot.exists', `container ${containerId} has a root filesystem already`);
      }
      statement(db, 'INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)').run(
        containerId,
        image.id,
        top ?? null,
        name,
        Date.now(),
      );
    });
    fault('snapshot.row');
    const directory = paths.container(containerId);
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    const mount = await this.#parts.driverNamed(name).prepare(directory, layers.directories(top));
    fault('snapshot.prepared');
    return mount;
  }

  get(containerId: string): SnapshotRow | undefined {
    const sql = 'SELECT image_id, top_layer, driver FROM snapshots WHERE container_id = ?';
    const row = statement(this.#parts.db, sql).get(containerId);
    if (row === undefined) return undefined;
    return {
      containerId,
      imageId: String(row['image_id']),
      topLayer: row['top_layer'] === null ? undefined : String(row['top_layer']),
      driver: row['driver'] as SnapshotRow['driver'],
    };
  }

  all(): SnapshotRow[] {
    const rows = this.#parts.db.prepare('SELECT container_id FROM snapshots').all();
    return rows.flatMap((row) => this.get(String(row['container_id'])) ?? []);
  }

  /** @throws not-found */
  require(containerId: string): SnapshotRow {
    const row = this.get(containerId);
    if (row !== undefined) return row;
    const words = `container ${containerId} has no root filesystem in the store`;
    throw new BerthError('not-found', 'snapshot.not-found', words);
  }

  /** How the root of a prepared container is mounted. @throws not-found */
  mountOf(containerId: string): RootfsMount {
    const row = this.require(containerId);
    const { paths, layers } = this.#parts;
    return this.#parts.driverNamed(row.driver).mountOf(paths.container(containerId), layers.directories(row.topLayer));
  }

  /** Where a container's changes are and what they are changes of. @throws not-found */
  changesJob(containerId: string): ChangesJob {
    const row = this.require(containerId);
    const image = this.#parts.layers.directories(row.topLayer).map(({ path }) => path);
    const mount = this.mountOf(containerId);
    if (mount.type === 'overlay') return { tree: mount.upper, form: 'upper', image };
    return { tree: mount.path, form: 'copy', image: image.slice(0, 1) };
  }

  /**
   * Removes a container's writable root; nothing happens when it has none. The files are moved aside at once, so that the
   * container's name is free, and then deleted as {@link Removals} does it.
   */
  async remove(containerId: string): Promise<void> {
    const { db, paths, removals } = this.#parts;
    const row = this.get(containerId);
    if (row === undefined) return;
    const directory = paths.container(containerId);
    const aside: string[] = [];
    for (const name of this.#parts.driverNamed(row.driver).containerEntries) {
      const to = removals.moveAside(join(directory, name));
      if (to !== undefined) aside.push(to);
    }
    fault('snapshot.moved');
    statement(db, 'DELETE FROM snapshots WHERE container_id = ?').run(containerId);
    await removals.delete(aside);
    // Of an image that was removed by force this may have been the last user.
    if (this.#parts.images.table.get(row.imageId) === undefined) await collectGarbage(this.#parts);
  }
}
