/** Docker Engine API v1.50 shapes of what is exchanged with registries. No behaviour here. */

/** What a user proves to a registry who he is with. */
export interface RegistryCredential {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A refresh token, instead of a password. */
  readonly identityToken?: string | undefined;
  /** A token that is sent as it is. */
  readonly registryToken?: string | undefined;
}

/** Body of `POST /auth` and content of `X-Registry-Auth`. */
export interface AuthConfig {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly serveraddress?: string | undefined;
  readonly identitytoken?: string | undefined;
  readonly registrytoken?: string | undefined;
}

/** Answer of `POST /auth`. */
export interface AuthAnswer {
  readonly Status: string;
  readonly IdentityToken: string;
}

/** Answer of `GET /distribution/{name}/json`. */
export interface DistributionInspect {
  readonly Descriptor: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  };
  readonly Platforms: readonly {
    readonly architecture: string;
    readonly os: string;
    readonly 'os.version'?: string;
    readonly variant?: string;
  }[];
}

/** One element of `GET /images/search`. */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
}

/** Platform of an entry of a manifest list. */
export interface ManifestPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
}

/** Answer of Berth's own `GET /distribution/{name}/manifest`: a document of a registry as it is. */
export interface RemoteDocument {
  readonly Descriptor: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
    /** Of an image: what its configuration says. */
    readonly platform?: ManifestPlatform;
  };
  /** Base64. */
  readonly Raw: string;
}

/** Body of Berth's own `PUT /distribution/{name}/manifest`: a manifest list, and where its entries are. */
export interface ManifestListPush {
  readonly MediaType: string;
  /** Base64. */
  readonly Raw: string;
  /** `NAME@DIGEST` of each entry. */
  readonly Entries: readonly string[];
}
