/** Docker Engine API v1.50 shapes of what is behind an image's name: an index with manifests, or one manifest. */

export interface ManifestPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly variant?: string;
}

export interface ManifestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: ManifestPlatform;
}

/** `ImageManifestSummary`: one manifest of an image. */
export interface ManifestSummary {
  /** Digest of the manifest. */
  readonly ID: string;
  readonly Descriptor: ManifestDescriptor;
  /** Whether its configuration and its layers are here. */
  readonly Available: boolean;
  /** Bytes here: of archives and documents, and of those with the unpacked layers. */
  readonly Size: { readonly Content: number; readonly Total: number };
  readonly Kind: 'image' | 'attestation' | 'unknown';
  readonly ImageData?: {
    readonly Platform: ManifestPlatform;
    /** Ids of containers made from it. */
    readonly Containers: readonly string[];
    readonly Size: { readonly Unpacked: number };
    /** The same: the description of the API wants it, though it does not say what it is. */
    readonly UnpackedSize: number;
  };
  readonly AttestationData?: { readonly For: string };
}

/** What `manifests=1` adds to an image. */
export interface ImageManifests {
  readonly Descriptor: ManifestDescriptor;
  readonly Manifests: readonly ManifestSummary[];
}
