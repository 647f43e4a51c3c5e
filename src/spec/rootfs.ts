/**
 * How a container's root file system comes to be. Whoever prepares it (a storage driver, a bundle) describes it;
 * the keeper mounts it inside the container's mount namespace, so that the host's mount table never holds it.
 */
export type RootfsMount = OverlayRootfs | BindRootfs;

export interface OverlayRootfs {
  readonly type: 'overlay';
  /** Absolute directories, the topmost layer first. */
  readonly lower: readonly string[];
  /** Writable directory, absolute. */
  readonly upper: string;
  /** Empty directory on the file system of `upper`. */
  readonly work: string;
  /** No syncing of `upper`: faster, and worthless after a crash of the machine. */
  readonly volatile?: boolean;
}

/** A directory that is the root as it stands. */
export interface BindRootfs {
  readonly type: 'bind';
  readonly path: string;
}
