/** The registry that Berth serves, without its protocol. Types only. */
import type { Readable } from 'node:stream';
import type { DigestAlgorithm } from '#spec/distribution/names.ts';

export interface RegistryOptions {
  /** Directory of the state, absolute; that of an engine shares its content with it. */
  readonly root: string;
  /** Most bytes of a blob; unlimited when absent. */
  readonly blobBytesMax?: number | undefined;
  /** Take manifests although blobs that they list are not here. */
  readonly allowMissing?: boolean | undefined;
  /** How long an upload may rest before it is forgotten, milliseconds. */
  readonly uploadExpiryMs?: number | undefined;
  /** Where what is not here comes from. */
  readonly upstream?: Upstream | undefined;
  /** Most bytes of copies of that; unlimited when absent. */
  readonly copyBytesMax?: number | undefined;
}

/** Another registry, whose content this one keeps copies of. */
export interface Upstream {
  /** A manifest by tag or digest; undefined when it is not there. @throws unavailable when nobody answers */
  manifest(repository: string, reference: string): Promise<{ bytes: Buffer; mediaType: string } | undefined>;
  /** Digest that a tag leads to now; undefined when it is not there. @throws unavailable when nobody answers */
  resolve(repository: string, tag: string): Promise<string | undefined>;
  /** @returns undefined when it is not there */
  blob(
    repository: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<{ size: number; stream: Readable } | undefined>;
  tags(repository: string): Promise<string[] | undefined>;
  close(): void;
}

export interface BlobFacts {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface ManifestRecord extends BlobFacts {
  readonly mediaType: string;
  readonly subject: string | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Some of a sorted list of names. */
export interface Page {
  readonly names: readonly string[];
  /** More follow. */
  readonly hasMore: boolean;
}

export interface PageQuery {
  /** Most names. */
  readonly limit: number;
  /** Only what comes after this one. */
  readonly after: string;
}

export interface Uploads {
  /** @returns its id */
  begin(repository: string): string;
  /** Bytes that have come. @throws not-found */
  sizeOf(repository: string, id: string): Promise<number>;
  /**
   * Adds bytes at the end. What came before a failure stays.
   *
   * @param from where the client believes the end to be; wherever it is when undefined
   * @returns bytes that have come in all
   * @throws invalid `registry.range` when `from` is not the end, not-found
   */
  append(repository: string, id: string, bytes: AsyncIterable<Uint8Array>, from?: number): Promise<number>;
  /** Makes a blob of it. @throws invalid `registry.digest-invalid` when it is another one: the upload is gone then */
  finish(repository: string, id: string, digest: string): Promise<BlobFacts>;
  /** @throws not-found */
  cancel(repository: string, id: string): Promise<void>;
}

/** What one collection took away. */
export interface RegistryCollected {
  readonly manifests: number;
  readonly blobs: number;
  readonly uploads: number;
  /** Bytes that are free again. */
  readonly bytes: number;
}

export interface CollectOptions {
  /** What came or was asked for since then stays, milliseconds: a push sends its blobs first. */
  readonly graceMs: number;
  /** Also take manifests that no tag leads to. */
  readonly untagged: boolean;
}

/** Repositories of blobs, manifests and tags. Whoever calls has checked names and digests. */
export interface Registry {
  readonly uploads: Uploads;
  /** @throws not-found `registry.blob-unknown` */
  blob(repository: string, digest: string): Promise<BlobFacts>;
  /** The bytes of a blob. @param range first and last byte */
  openBlob(repository: string, digest: string, range?: { first: number; last: number }): Promise<Readable>;
  /** Makes a blob of one repository one of another. @param from any when undefined @returns undefined when it is not there */
  mountBlob(repository: string, digest: string, from: string | undefined): BlobFacts | undefined;
  deleteBlob(repository: string, digest: string): void;
  /** @param reference tag or digest @throws not-found */
  manifest(repository: string, reference: string): Promise<ManifestRecord & { readonly bytes: Buffer }>;
  /** Without its bytes. @throws not-found */
  manifestFacts(repository: string, reference: string): Promise<ManifestRecord>;
  /**
   * Keeps a document byte for byte.
   *
   * @param names its digest if the client names one, and tags that lead to it from now on
   * @throws invalid when it is not what it should be, or lists what is not here
   */
  putManifest(repository: string, sent: SentManifest): Promise<ManifestRecord>;
  deleteManifest(repository: string, digest: string): void;
  deleteTag(repository: string, tag: string): void;
  /** @throws not-found `registry.name-unknown` */
  tags(repository: string, page: PageQuery): Promise<Page>;
  repositories(page: PageQuery): Page;
  /** Manifests whose subject this is, those of one kind if given, in order of digest. */
  referrers(repository: string, digest: string, artifactType?: string): readonly ManifestRecord[];
  /** Takes away what nothing needs, beside everything that goes on. */
  collect(options: CollectOptions): Promise<RegistryCollected>;
  close(): Promise<void>;
}

export interface SentManifest {
  readonly bytes: Buffer;
  /** Without parameters. */
  readonly mediaType: string;
  readonly algorithm: DigestAlgorithm;
  readonly digest: string | undefined;
  readonly tags: readonly string[];
}
