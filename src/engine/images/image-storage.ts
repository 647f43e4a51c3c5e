import type { Readable } from 'node:stream';
import type { GraphDriver } from '#spec/docker-api/containers.ts';
import type { ImageConfig } from '#spec/oci-image/image-config.ts';

/** One stored image with its names. */
export interface StoredImageFacts {
  /** `sha256:HEX` */
  readonly id: string;
  readonly config: ImageConfig;
  readonly parent: string;
  /** Full names, those by digest among them. */
  readonly names: readonly string[];
  /** Layers, lowest first. */
  readonly layers: readonly LayerFacts[];
  /** Bytes of file data in all layers. */
  readonly size: number;
  /** 0 for never. */
  readonly taggedMs: number;
}

export interface LayerFacts {
  readonly chainId: string;
  /** Bytes of file data. */
  readonly size: number;
}

/** What becomes of an archive. */
export interface LoadedName {
  /** Full name; absent for an image without one. */
  readonly name?: string | undefined;
  readonly id: string;
  /** Image that the name led to before. */
  readonly replaced?: string | undefined;
}

/** What the images of an engine need of the store. */
export interface ImageStorage {
  /** @throws not-found with Docker's words */
  find(ref: string): StoredImageFacts;
  get(id: string): StoredImageFacts | undefined;
  all(): StoredImageFacts[];
  childrenOf(id: string): readonly string[];
  /** Lets a full name lead to an image. */
  setName(name: string, id: string): void;
  deleteName(name: string): void;
  /** Deletes an image without names. @returns chain ids of the layers that are gone with it, topmost first */
  remove(id: string): Promise<readonly string[]>;
  graphDriver(id: string): GraphDriver;
  load(archive: Readable, onLoaded: (image: LoadedName) => void, abort?: AbortSignal): Promise<void>;
  save(images: readonly { readonly id: string; readonly name: string | undefined }[]): Promise<Readable>;
  importRootfs(tar: Readable, options: ImportOptions): Promise<string>;
}

export interface ImportOptions {
  readonly reference?: string | undefined;
  readonly changes?: readonly string[] | undefined;
  readonly message?: string | undefined;
  readonly platform?: string | undefined;
}
