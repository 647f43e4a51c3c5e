import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isBerthError, isErrno } from '#base/errors.ts';
import type { StoredImage } from '#store/images/image-store.ts';
import type { Store } from '#store/open-store.ts';
import type { ContainerImages } from './container-images.ts';

/** Bytes on disk of a directory with everything below it. */
async function bytesBelow(directory: string): Promise<number> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const sizes = await Promise.all(
      entries.map(async (entry) => {
        const path = join(directory, entry.name);
        if (entry.isDirectory()) return bytesBelow(path);
        return entry.isFile() ? (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0;
      }),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (error) {
    // Removed while we were counting.
    if (isErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}

function descendantsOf(store: Store, id: string): Set<string> {
  const all = new Set([id]);
  for (const child of store.images.table.childrenOf(id)) for (const each of descendantsOf(store, child)) all.add(each);
  return all;
}

/** The image store below a root as containers see it. */
export function storeImages(store: Store, root: string): ContainerImages {
  let latest: StoredImage | undefined;
  return {
    resolve: async (ref, platform) => {
      const image = store.images.resolve(ref, platform);
      latest = image;
      const { os, architecture, variant = '', config = {} } = image.config;
      return { id: image.id, config, os, architecture, variant };
    },
    refersTo: (ref, imageId) => {
      if (ref === imageId) return true;
      try {
        return store.images.resolve(ref).id === imageId;
      } catch (error) {
        if (isBerthError(error)) return false;
        throw error;
      }
    },
    descendants: async (ref) => descendantsOf(store, store.images.resolve(ref).id),
    prepare: (containerId, imageId) =>
      store.snapshots.prepare(containerId, latest?.id === imageId ? latest : store.images.resolve(imageId)),
    preview: (containerId, imageId) => {
      const layers = store.layers.directories(store.images.resolve(imageId).row.topLayer);
      const own = `${root}/containers/${containerId}`;
      return { type: 'overlay', lower: layers.map(({ path }) => path), upper: `${own}/upper`, work: `${own}/work` };
    },
    layersOf: (imageId) => store.layers.directories(store.images.resolve(imageId).row.topLayer).map(({ path }) => path),
    rootfs: async (containerId) => store.snapshots.mountOf(containerId),
    release: (containerId) => store.snapshots.remove(containerId),
    discard: async (directory) => {
      const aside = store.removals.moveAside(directory);
      if (aside !== undefined) await store.removals.delete([aside]);
    },
    driverOf: (containerId) => store.snapshots.get(containerId)?.driver ?? 'overlay',
    graphDriver: (containerId) => {
      const row = store.snapshots.get(containerId);
      if (row === undefined) return { Name: 'overlay', Data: null };
      const mount = store.snapshots.mountOf(containerId);
      if (mount.type === 'bind') return { Name: row.driver, Data: { MergedDir: mount.path } };
      return {
        Name: row.driver,
        Data: { LowerDir: mount.lower.join(':'), UpperDir: mount.upper, WorkDir: mount.work },
      };
    },
    sizes: async (containerId) => {
      const row = store.snapshots.get(containerId);
      if (row === undefined) return { rw: 0, rootFs: 0 };
      const mount = store.snapshots.mountOf(containerId);
      const image = store.images.table.get(row.imageId)?.size ?? 0;
      const below = await bytesBelow(mount.type === 'overlay' ? mount.upper : mount.path);
      const rw = mount.type === 'overlay' ? below : Math.max(below - image, 0);
      return { rw, rootFs: image + rw };
    },
  };
}
