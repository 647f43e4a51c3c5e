import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsMount } from '#spec/rootfs.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import type { StorageDriver } from './driver.ts';

const ROOTFS = 'rootfs';

/** Every layer and every container is a full copy: slow and large, and works on any file system. */
export function vfsDriver(workers: FileWorkers): StorageDriver {
  const mountOf = (container: string): RootfsMount => ({ type: 'bind', path: join(container, ROOTFS) });
  return {
    name: 'vfs',
    whiteouts: 'delete',
    containerEntries: [ROOTFS],
    beginLayer: async (target, lower) => {
      await workers.run('makeLayerDirectory', { target });
      if (lower[0] !== undefined) await workers.run('copyTree', { from: lower[0].path, to: target });
    },
    finishLayer: async () => {},
    prepare: async (container, layers) => {
      const rootfs = join(container, ROOTFS);
      mkdirSync(rootfs, { mode: 0o755 });
      if (layers[0] !== undefined) await workers.run('copyTree', { from: layers[0].path, to: rootfs });
      return mountOf(container);
    },
    mountOf,
  };
}
