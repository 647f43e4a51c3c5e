import type { Readable } from 'node:stream';
import type {
  FilesystemChange,
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImageListQuery,
  ImagePruneReport,
  ImageSummary,
} from '#spec/docker-api/images.ts';
import type { HostPlatform } from '#spec/platform.ts';
import { type LoadedImage, type LoadOptions, loadImages } from './archive/load-images.ts';
import { saveImages } from './archive/save-images.ts';
import { ContentStore } from './content/content-store.ts';
import { PackedBlobs } from './content/packed-blobs.ts';
import type { DiskUsageReport } from './disk-usage.ts';
import { Arrivals } from './downloads/arrivals.ts';
import { chooseDriver, driverByName } from './drivers/choose-driver.ts';
import type { StorageDriver } from './drivers/driver.ts';
import type { ListedMembers } from './examine/list-members.ts';
import { checkStore, type Finding } from './fsck.ts';
import { type Collected, collectGarbage, removeLeftovers } from './gc.ts';
import { type CommitOptions, commitImage } from './images/commit-image.ts';
import type { Filters } from './images/image-filters.ts';
import { ImageStore } from './images/image-store.ts';
import { type ImportOptions, importRootfs } from './images/import-rootfs.ts';
import { imageHistory, inspectImage } from './images/inspect-image.ts';
import { type ContainerCounts, listImages } from './images/list-images.ts';
import { type BehindName, manifestsBehind } from './images/list-manifests.ts';
import { pruneImages } from './images/prune-images.ts';
import { type ImageUser, type RemoveImageOptions, removeImage } from './images/remove-image.ts';
import { removePlatforms } from './images/remove-platforms.ts';
import { type Tagged, tagImage } from './images/tag-image.ts';
import { LayerStore } from './layers/layer-store.ts';
import { type Database, transact } from './metadata/database.ts';
import { type Lease, openLease } from './metadata/leases.ts';
import { Removals } from './removals.ts';
import type { FetchLostBlob } from './restore-blob.ts';
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
  /** True for a process that stays: it deletes what containers leave after it has answered. */
  readonly resident?: boolean;
}

/** Tells which containers are made from an image. */
export type ImageUsers = (imageId: string) => readonly ImageUser[];

/** Images, layers and the file systems of containers below one root. Names are references, ids or beginnings of ids. */
export interface Store {
  readonly images: ImageStore;
  readonly snapshots: SnapshotStore;
  readonly layers: LayerStore;
  readonly content: ContentStore;
  /** Blobs and layers that come from elsewhere. */
  readonly arrivals: Arrivals;
  /** What blobs that are not compressed become on their way to a registry. */
  readonly packed: PackedBlobs;
  /** What nobody uses any more. */
  readonly removals: Removals;
  /** Keeps what it is told to hold from garbage collection until it is disposed of. */
  openLease(): Lease;
  /** File systems of containers as archives. */
  readonly trees: Trees;
  /** What a container changed in its root filesystem, sorted by path. @throws not-found */
  changes(containerId: string): Promise<FilesystemChange[]>;
  /** What the archive of a layer has, by its digest. @param wanted paths whose content is wanted too, a regular expression */
  listMembers(blob: string, wanted: string): Promise<ListedMembers>;
  /** Makes an image of a container's changes. @returns its id */
  commit(containerId: string, options: CommitOptions): Promise<string>;
  /** @returns the image's id */
  importRootfs(tar: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<string>;
  /** Stores the images of an archive, or of a folder with an OCI image layout given by its path. */
  load(source: AsyncIterable<Uint8Array> | string, options?: LoadOptions): Promise<LoadedImage[]>;
  /** An archive that `load` and other engines read. @throws not-found */
  save(names: readonly string[]): Readable;
  listImages(query?: ImageListQuery, containers?: ContainerCounts): ImageSummary[];
  inspectImage(name: string): ImageInspect;
  /** What is behind the names of an image: all manifests of their index, or its own. @param id of an image that is here */
  manifestsBehind(id: string, users: ImageUsers): BehindName;
  imageHistory(name: string): ImageHistoryItem[];
  tagImage(name: string, repository: string, tag?: string): Tagged;
  removeImage(name: string, users: ImageUsers, options?: RemoveImageOptions): Promise<ImageDeleteItem[]>;
  /** Removes what a name stands for on some platforms. @throws not-found, conflict */
  removePlatforms(
    name: string,
    platforms: readonly HostPlatform[],
    users: ImageUsers,
    force: boolean,
  ): Promise<ImageDeleteItem[]>;
  pruneImages(users: ImageUsers, filters?: Filters): Promise<ImagePruneReport>;
  /** Removes what nothing needs any more. */
  collectGarbage(): Promise<Collected>;
  /** Bytes on the disk below the root by what they are for. */
  diskUsage(): Promise<DiskUsageReport>;
  /** Checks rows and files against each other, and repairs what can be. */
  check(repair: boolean, fetch?: FetchLostBlob): Promise<Finding[]>;
  /** Deletes what is left to delete and ends the threads. The database stays open: it is the caller's. */
  close(): Promise<void>;
}

/** Opens the store. Nothing is read or started before it is needed. */
export function openStore({ root, db, driver: wanted, resident = false }: StoreOptions): Store {
  const paths = storePaths(root);
  const workers = new FileWorkers();
  const content = new ContentStore(db, paths);
  const removals = new Removals(content, workers, resident);
  let chosen: Promise<StorageDriver> | undefined;
  const driverNamed = (name: string) => driverByName(name, workers);
  const driver = () => {
    chosen ??= wanted === undefined ? chooseDriver(db, paths, workers) : Promise.resolve(driverNamed(wanted));
    return chosen;
  };
  const layers = new LayerStore({ db, paths, content, workers, driver });
  const images = new ImageStore({ db, content, layers });
  const snapshots = new SnapshotStore({ db, paths, content, layers, images, workers, removals, driver, driverNamed });
  const parts = { db, paths, content, layers, images, workers };
  const collect = () => collectGarbage(parts);
  /** Whoever stores an archive takes away what others broke off. What cannot be deleted now the next collection tells of. */
  const thenSweep = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      await removeLeftovers(parts).catch(() => undefined);
    }
  };
  const removal = (users: ImageUsers) => ({
    table: images.table,
    users,
    transact: <T>(work: () => T) => transact(db, work),
    collect,
  });
  return {
    images,
    snapshots,
    layers,
    content,
    arrivals: new Arrivals(parts),
    packed: new PackedBlobs(parts),
    removals,
    openLease: () => openLease(db),
    trees: new Trees(workers),
    listMembers: (blob, wanted) => workers.run('listMembers', { blob: content.pathOf(blob), wanted }),
    changes: (containerId) => workers.run('listChanges', snapshots.changesJob(containerId)),
    commit: async (containerId, options) => (await commitImage({ ...parts, snapshots }, containerId, options)).id,
    importRootfs: async (tar, options) => (await thenSweep(importRootfs(parts, tar, options))).id,
    load: (source, options) => thenSweep(loadImages(parts, source, options)),
    save: (names) => saveImages(parts, names),
    listImages: (query, containers) => listImages(images.table, layers.table, query, containers),
    inspectImage: (name) => {
      const image = images.resolve(name);
      const top = image.row.topLayer;
      const driverName = layers.table.get(top ?? '')?.driver ?? 'overlay';
      return inspectImage(images.table, image, layers.directories(top), driverName);
    },
    manifestsBehind: (id, users) => {
      const usersOf = (imageId: string) => users(imageId).map((user) => user.id);
      return manifestsBehind({ content, images, layers: layers.table, usersOf }, id);
    },
    imageHistory: (name) => {
      const image = images.resolve(name);
      return imageHistory(images.table, image, layers.table.chain(image.row.topLayer));
    },
    tagImage: (name, repository, tag) => transact(db, () => tagImage(images.table, name, repository, tag)),
    removeImage: (name, users, options) => removeImage(removal(users), name, options),
    removePlatforms: (name, platforms, users, force) => removePlatforms(removal(users), name, platforms, force),
    pruneImages: (users, filters) =>
      pruneImages({ ...removal(users), collect: () => collectGarbage(parts, -1) }, filters),
    collectGarbage: collect,
    diskUsage: () => {
      const rows = db
        .prepare(
          `SELECT blob FROM pins EXCEPT SELECT blob FROM layers EXCEPT SELECT id FROM images EXCEPT SELECT digest FROM manifests`,
        )
        .all();
      const registryBlobs = rows.map((row) => String(row['blob']).slice('sha256:'.length));
      return workers.run('measureRoot', { root, registryBlobs });
    },
    check: (repair, fetch) => checkStore({ ...parts, snapshots }, repair, fetch),
    close: async () => {
      await removals.end();
      await workers.close();
    },
  };
}
