import type { Readable } from 'node:stream';
import type { ContainerConfig, Loose } from '#spec/docker-api/containers.ts';
import type { CommitOptions, FilesystemChange, PathStat } from '#spec/docker-api/images.ts';

export interface PutOptions {
  /** Refuse to replace a folder by something else and the other way round. */
  readonly noOverwriteDirNonDir?: boolean;
  /** Give everything to the user that the container's configuration names, instead of to whom the archive says. */
  readonly copyUidGid?: boolean;
}

/** The filesystems of containers as archives (`docker cp`, `export`, `diff`, `commit`). Containers may run or not. */
export interface Archives {
  /** A tar of a file or folder, entries named from the last part of `path`. @throws not-found */
  get(ref: string, path: string, abort?: AbortSignal): Promise<{ readonly stream: Readable; readonly stat: PathStat }>;
  /** What a path is; a link is not followed, `linkTarget` says where it leads. @throws not-found */
  stat(ref: string, path: string): Promise<PathStat>;
  /** Unpacks a tar, compressed or not, into an existing folder. @throws not-found, invalid, forbidden (read-only) */
  put(ref: string, path: string, tar: Readable, options?: PutOptions, abort?: AbortSignal): Promise<void>;
  export(ref: string, abort?: AbortSignal): Promise<Readable>;
  /** Sorted by path. */
  changes(ref: string): Promise<FilesystemChange[]>;
  /** @param config replaces parts of the container's configuration. @returns the new image's id, `sha256:...` */
  commit(ref: string, options?: CommitOptions, config?: Loose<ContainerConfig>): Promise<string>;
}
