import type { Descriptor } from '#spec/oci-image/manifest.ts';
import type { Document } from '../pull/find-manifest.ts';

export type Blob = Pick<Descriptor, 'digest' | 'size'>;

/** Where documents and blobs come from. */
export interface CopySource {
  /** What the name leads to. @throws not-found */
  top(): Promise<Document>;
  /** A document that another one lists, checked. */
  document(digest: string): Promise<Document>;
  open(blob: Blob, from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Its repository, for registries that can take blobs over from it. */
  readonly repository?: { readonly host: string; readonly path: string };
}

/** Where they go. */
export interface CopyTarget {
  hasDocument(digest: string): Promise<boolean>;
  /** @returns how it got there */
  putBlob(
    blob: Blob,
    source: CopySource,
    moved: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<'exists' | 'mounted' | 'sent'>;
  /** @param isTop the one that gets the name */
  putDocument(document: Document, isTop: boolean): Promise<void>;
}
