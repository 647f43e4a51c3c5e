import { BerthError } from '#base/errors.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import type { ImageRow } from '#store/metadata/image-table.ts';
import type { Store } from '#store/open-store.ts';
import type { ImageStorage, StoredImageFacts } from './image-storage.ts';

function factsOf(store: Store, row: ImageRow): StoredImageFacts {
  const layers = store.layers.table.chain(row.topLayer).reverse();
  return {
    id: row.id,
    config: parseImageConfig(row.config),
    parent: row.parent,
    names: store.images.table.namesOf(row.id),
    layers: layers.map(({ chainId, size }) => ({ chainId, size })),
    size: row.size,
    taggedMs: row.taggedMs,
  };
}

/** The image store as an engine's images see it. */
export function storeStorage(store: Store): ImageStorage {
  const { table } = store.images;
  return {
    find: (ref) => factsOf(store, store.images.resolve(ref).row),
    get: (id) => {
      const row = table.get(id);
      return row === undefined ? undefined : factsOf(store, row);
    },
    all: () => table.all().map((row) => factsOf(store, row)),
    childrenOf: (id) => table.childrenOf(id),
    setName: (name, id) => void table.setName(name, id),
    deleteName: (name) => void table.deleteName(name),
    remove: () => {
      throw new BerthError('unsupported', 'x', 'x');
    },
    graphDriver: (id) => {
      const [top, ...lower] = store.layers.directories(table.get(id)?.topLayer);
      const name = store.layers.table.get(table.get(id)?.topLayer ?? '')?.driver ?? 'overlay';
      if (top === undefined) return { Name: name, Data: null };
      const below = lower.map(({ path }) => path).join(':');
      return { Name: name, Data: { ...(below === '' ? {} : { LowerDir: below }), UpperDir: top.path } };
    },
    load: () => {
      throw new BerthError('unsupported', 'x', 'x');
    },
    save: () => {
      throw new BerthError('unsupported', 'x', 'x');
    },
    importRootfs: (tar, options) => store.importRootfs(tar, options),
  };
}
