import type { Readable } from 'node:stream';
import { type LoadedImage, type LoadOptions, loadImages } from './archive/load-images.ts';
import { ContentStore } from './content/content-store.ts';
import { chooseDriver, driverByName } from './drivers/choose-driver.ts';
import type { StorageDriver } from './drivers/driver.ts';
import { ImageStore } from './images/image-store.ts';
import { type ImportOptions, importRootfs } from './images/import-rootfs.ts';
import { LayerStore } from './layers/layer-store.ts';
import type { Database } from './metadata/database.ts';
import { SnapshotStore } from './snapshots.ts';
import { storePaths } from './store-paths.ts';
import { Trees } from './trees.ts';
import { FileWorkers } from './worker/file-workers.ts';

export interface StoreOptions {
  /** Directory of all state, absolute. */
  readonly root: string;
  /** The opened database, with `STORE_SCHEMA` among its parts. */
  readonly db: Database;
  /** Storage driver of new layers; found out when absent. */
  readonly driver?: 'overlay' | 'vfs';
}

/** Images, layers and the file systems of containers below one root. */
export interface Store {
  readonly images: ImageStore;
  readonly snapshots: SnapshotStore;
  readonly layers: LayerStore;
  readonly content: ContentStore;
  readonly trees: Trees;
  /** @returns the image's id */
  importRootfs(tar: Readable, options: ImportOptions): Promise<string>;
  /** Stores the images of an archive, or of a folder with an OCI image layout given by its path. */
  load(source: AsyncIterable<Uint8Array> | string, options?: LoadOptions): Promise<LoadedImage[]>;
  /** Ends the threads. The database stays open: it is the caller's. */
  close(): Promise<void>;
}

/** Opens the store. Nothing is read or started before it is needed. */
export function openStore({ root, db, driver: wanted }: StoreOptions): Store {
  const paths = storePaths(root);
  const workers = new FileWorkers();
  const content = new ContentStore(db, paths);
  let chosen: Promise<StorageDriver> | undefined;
  const driverNamed = (name: string) => driverByName(name, workers);
  const driver = () => {
    chosen ??= wanted === undefined ? chooseDriver(db, paths, workers) : Promise.resolve(driverNamed(wanted));
    return chosen;
  };
  const layers = new LayerStore({ db, paths, content, workers, driver });
  const images = new ImageStore({ db, content, layers });
  const snapshots = new SnapshotStore({ db, paths, content, layers, images, workers, driver, driverNamed });
  const parts = { db, content, layers, images, workers };
  return {
    images,
    snapshots,
    layers,
    content,
    trees: new Trees(workers),
    importRootfs: async (tar, options) => (await importRootfs(parts, tar, options)).id,
    load: (source, options) => loadImages(parts, source, options),
    close: () => workers.close(),
  };
}
