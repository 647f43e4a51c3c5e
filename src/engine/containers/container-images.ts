import type { GraphDriver } from '#spec/docker-api/containers.ts';
import type { ImageRunConfig } from '#spec/docker-api/images.ts';
import type { HostPlatform } from '#spec/platform.ts';
import type { RootfsMount } from '#spec/rootfs.ts';

export interface ResolvedImage {
  /** `sha256:<hex>`. */
  readonly id: string;
  readonly config: ImageRunConfig;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** What containers need of the image store. */
export interface ContainerImages {
  /**
   * @param platform which image of a name that stands for several; what else is found is given as it is
   * @throws not-found with Docker's words, "No such image: x:latest"
   */
  resolve(ref: string, platform?: HostPlatform): Promise<ResolvedImage>;
  /** True when the image behind a reference is still this one; for `docker ps`'s IMAGE column. */
  refersTo(ref: string, imageId: string): boolean;
  /** Ids of an image and of all images built upon it. */
  descendants(ref: string): Promise<ReadonlySet<string>>;
  /** Makes a container's writable layer. */
  prepare(containerId: string, imageId: string): Promise<RootfsMount>;
  /** What `prepare` would give, with nothing made. */
  preview(containerId: string, imageId: string): RootfsMount;
  /** Directories of an image's layers, the topmost first. @throws not-found */
  layersOf(imageId: string): string[];
  /** The root file system of a container that was prepared. */
  rootfs(containerId: string): Promise<RootfsMount>;
  /** Removes the writable layer; nothing happens when there is none. */
  release(containerId: string): Promise<void>;
  /** Removes a directory of the engine's that nobody uses any more: it is gone from its place, and deleted by and by. */
  discard(directory: string): Promise<void>;
  /** Name of the storage driver that holds a container. */
  driverOf(containerId: string): string;
  graphDriver(containerId: string): GraphDriver;
  /** Bytes of the writable layer, and of the whole root file system. */
  sizes(containerId: string): Promise<{ readonly rw: number; readonly rootFs: number }>;
}
