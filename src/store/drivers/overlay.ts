import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsMount } from '#spec/rootfs.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import type { LayerDirectory, StorageDriver } from './driver.ts';

const UPPER = 'upper';
const WORK = 'work';

/** Layers are the lower directories of an overlay; a container has an upper one. */
export function overlayDriver(workers: FileWorkers): StorageDriver {
  return {
    name: 'overlay',
    whiteouts: 'overlay',
    containerEntries: [UPPER, WORK],
    beginLayer: (target) => workers.run('makeLayerDirectory', { target }),
    finishLayer: async (target, implied, lower) => {
      if (implied.length === 0 || lower.length === 0) return;
      await workers.run('dressImplied', { target, implied, lower: lower.map(({ path }) => path) });
    },
    prepare: (container, layers) => {
      const upper = join(container, UPPER);
      mkdirSync(upper, { mode: 0o755 });
      mkdirSync(join(container, WORK), { mode: 0o700 });
      // The root directory of an overlay has the upper directory's owner and mode.
      const top = layers[0];
      const root = top === undefined ? undefined : statSync(top.path);
      chmodSync(upper, root === undefined ? 0o755 : root.mode & 0o7777);
      if (root !== undefined && (root.uid !== 0 || root.gid !== 0)) chownSync(upper, root.uid, root.gid);
      return mountOf(container, layers);
    },
    mountOf,
  };
}

function mountOf(container: string, layers: readonly LayerDirectory[]): RootfsMount {
  const upper = join(container, UPPER);
  // An overlay needs a lower directory; without one the upper directory is the whole root.
  if (layers.length === 0) return { type: 'bind', path: upper };
  return { type: 'overlay', lower: layers.map(({ path }) => path), upper, work: join(container, WORK) };
}
