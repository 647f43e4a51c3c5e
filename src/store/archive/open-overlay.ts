import type { OverlayRootfs } from '#spec/rootfs.ts';
import { openAt } from '#sys/files/at-calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_PATH } from '#sys/files/flags.ts';
import { mountDetachedOverlay } from '#sys/files/overlay-mount.ts';

export interface OpenOverlayJob {
  readonly rootfs: OverlayRootfs;
  /** False reads the writable directory as the topmost of the lower ones: possible while the overlay is mounted elsewhere. */
  readonly writable: boolean;
}

/** Mounts a container's root file system for nobody but the descriptor it returns. Runs in a worker. */
export function openOverlay({ rootfs, writable }: OpenOverlayJob): number {
  if (writable) return mountDetachedOverlay(rootfs);
  if (rootfs.lower.length === 0) return openAt(AT_FDCWD, rootfs.upper, O_PATH | O_DIRECTORY);
  return mountDetachedOverlay({ lower: [rootfs.upper, ...rootfs.lower] });
}
