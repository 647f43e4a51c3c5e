import type { Readable } from 'node:stream';
import type { RemoteImage } from '#distribution/registry/inspect-image.ts';
import type {
  ImageDeleteItem,
  ImageHistoryItem,
  ImageImportOptions,
  ImageInspect,
  ImageListQuery,
  ImagePruneReport,
  ImageSummary,
  ProgressMessage,
} from '#spec/docker-api/images.ts';
import type {
  AuthAnswer,
  DistributionInspect,
  ManifestListPush,
  RegistryCredential,
  RemoteDocument,
  SearchResult,
} from '#spec/docker-api/registries.ts';
import type { HostPlatform } from '#spec/platform.ts';
import type { Examine } from '../examine/examine.ts';
import type { PullImageOptions } from './pull-images.ts';
import type { PushImageOptions } from './push-images.ts';

export interface CopyOptions {
  readonly platform?: HostPlatform | undefined;
  readonly fromCredential?: RegistryCredential | undefined;
  readonly toCredential?: RegistryCredential | undefined;
  readonly abort?: AbortSignal | undefined;
}

export interface RegistryOptions {
  readonly credential?: RegistryCredential | undefined;
  /** The registry may be spoken to without TLS. */
  readonly isInsecure?: boolean;
  readonly abort?: AbortSignal | undefined;
}

export interface SearchOptions {
  /** Most results, 1 to 100. */
  readonly limit: number;
  readonly filters: Readonly<Record<string, readonly string[]>>;
  readonly credential?: RegistryCredential | undefined;
  readonly abort?: AbortSignal | undefined;
}

export interface RemoveImageOptions {
  readonly force?: boolean;
  readonly noPrune?: boolean;
  /** Remove only what a name stands for on these platforms. */
  readonly platforms?: readonly ImagePlatform[] | undefined;
}

/** An OCI platform as the API's `platform` query parameter holds it. */
export interface ImagePlatform {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
}

/** What can be done with images. Every `name` is a reference, a digest, an id or a unique id prefix. */
export interface Images {
  /** The inside of images. */
  readonly examine: Examine;
  list(query?: ImageListQuery): Promise<ImageSummary[]>;
  /** @throws not-found ("No such image: x") */
  inspect(name: string, platform?: ImagePlatform, options?: { readonly manifests?: boolean }): Promise<ImageInspect>;
  history(name: string, platform?: ImagePlatform): Promise<ImageHistoryItem[]>;
  tag(name: string, repository: string, tag?: string): Promise<void>;
  /** @throws conflict when containers use it */
  remove(name: string, options?: RemoveImageOptions): Promise<ImageDeleteItem[]>;
  /** Loads an archive; every item is one line of the API's progress. Throws where the archive is bad. */
  load(
    archive: Readable,
    options?: { readonly quiet?: boolean; readonly platform?: ImagePlatform | undefined },
    abort?: AbortSignal,
  ): AsyncIterable<ProgressMessage>;
  /**
   * Brings an image from a registry, or one that the program carries. The first `next()` rejects when nothing was begun.
   * @throws invalid for a bad name
   */
  pull(name: string, options?: PullImageOptions): AsyncIterable<ProgressMessage>;
  /**
   * Sends an image to its registry, all tags of the repository when neither the name nor `tag` says which.
   * @throws not-found when there is none here
   */
  push(name: string, options?: PushImageOptions): AsyncIterable<ProgressMessage>;
  /**
   * Copies an image between registries (`docker://`), layouts (`oci:`), archives (`oci-archive:`, `docker-archive:`) and this store.
   * @throws invalid for places that are none
   */
  copy(from: string, to: string, options: CopyOptions): AsyncIterable<ProgressMessage>;
  /** What a name leads to in its registry; nothing is stored. @throws not-found */
  inspectRemote(name: string, credential?: RegistryCredential, abort?: AbortSignal): Promise<DistributionInspect>;
  /** What an image in a registry says of itself; nothing is stored. @throws not-found */
  inspectInRegistry(
    name: string,
    options: Pick<RegistryOptions, 'credential' | 'abort'> & { readonly platform?: HostPlatform | undefined },
  ): Promise<RemoteImage>;
  /** A document of a registry as it is. @throws not-found */
  remoteDocument(name: string, options: RegistryOptions): Promise<RemoteDocument>;
  /** Stores a manifest list in a registry, with what it lists. @returns its digest */
  pushList(name: string, list: ManifestListPush, options: RegistryOptions): Promise<string>;
  /** Images of Docker's registry, or of the one that the term begins with, that have to do with a term. */
  search(term: string, options: SearchOptions): Promise<SearchResult[]>;
  /** Shows a credential to a registry. @throws unauthorized when it is refused */
  login(server: string, credential: RegistryCredential, abort?: AbortSignal): Promise<AuthAnswer>;
  /** An archive that `load` and other engines read. */
  save(names: readonly string[], options?: { readonly platform?: ImagePlatform | undefined }): Promise<Readable>;
  /** Makes an image of a root filesystem tar. @returns its id, `sha256:...` */
  import(tar: Readable, options?: ImageImportOptions, abort?: AbortSignal): Promise<string>;
  prune(filters?: Readonly<Record<string, readonly string[]>>): Promise<ImagePruneReport>;
}
