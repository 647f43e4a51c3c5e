import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsMount } from '#spec/rootfs.ts';
import type { ContainerRow } from '../state/container-row.ts';

/**
 * The root file system as a run mounts it: what is thrown away at its end need not survive a crash of the machine, and is not
 * synchronised then, which takes as long as everything else about the end (overlayfs.rst, "Volatile mount").
 */
export function rootOfRun(rootfs: RootfsMount, { hostConfig }: Pick<ContainerRow, 'hostConfig'>): RootfsMount {
  return rootfs.type === 'overlay' && hostConfig.AutoRemove ? { ...rootfs, volatile: true } : rootfs;
}

/** Takes away the sign by which the kernel refuses to mount such a root again: here the machine has not crashed. */
export function allowNextRun(rootfs: RootfsMount): void {
  if (rootfs.type !== 'overlay' || rootfs.volatile !== true) return;
  rmSync(join(rootfs.work, 'work', 'incompat'), { recursive: true, force: true });
}
