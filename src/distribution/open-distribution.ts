import { BerthError, isBerthError, messageOf } from '#base/errors.ts';
import { Limiter } from '#base/limiter.ts';
import type {
  DistributionInspect,
  ManifestListPush,
  RemoteDocument,
  SearchResult,
} from '#spec/docker-api/registries.ts';
import type { HostPlatform } from '#spec/platform.ts';
import { familiarName, familiarReference, fullName, type Reference } from '#spec/reference.ts';
import type { Store } from '#store/open-store.ts';
import type { LostBlob } from '#store/restore-blob.ts';
import type { Credential } from './auth/credential.ts';
import { type LoggedIn, logIn } from './auth/log-in.ts';
import { HttpClient } from './http/http-client.ts';
import { explainPullError, type PulledImage, pullImage } from './pull/pull-image.ts';
import type { Report } from './pull/pull-progress.ts';
import { type PushedImage, pushImage } from './push/push-image.ts';
import { pushList } from './push/push-list.ts';
import { CERTIFICATE_DIRECTORIES, readCertificates } from './registry/certs-d.ts';
import {
  type Endpoint,
  isInsecure,
  loginEndpoint,
  pullEndpoints,
  pushEndpoint,
  type RegistrySettings,
} from './registry/endpoints.ts';
import { inspectImage, type RemoteImage } from './registry/inspect-image.ts';
import { inspectRemote, remoteDocument } from './registry/inspect-remote.ts';
import { readRegistriesConf } from './registry/registries-conf.ts';
import { RegistryClient } from './registry/registry-client.ts';
import { searchRegistry, splitTerm } from './registry/search.ts';

export interface DistributionOptions {
  readonly store: Store;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** URLs of mirrors of Docker's own registry. */
  readonly mirrors?: readonly string[] | undefined;
  /** `HOST[:PORT]` or ranges of addresses of registries that may be spoken to without TLS. */
  readonly insecure?: readonly string[] | undefined;
  /** Layers fetched at once; 3 when absent, as many as there are when 0. */
  readonly downloads?: number | undefined;
  /** Layers sent at once; 5 when absent, as many as there are when 0. */
  readonly uploads?: number | undefined;
  /** How long a server may be silent, milliseconds; 30 s when absent. */
  readonly idleMs?: number | undefined;
  /** Tries of a request or a download that makes no headway; 5 when absent. */
  readonly attempts?: number | undefined;
  /** As servers see this program. */
  readonly userAgent: string;
}

export interface PullOptions {
  readonly platform?: HostPlatform | undefined;
  readonly credential?: Credential | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
}

export interface PushOptions extends Omit<PullOptions, 'platform'> {
  /** Which image it is; the one of that name when absent. */
  readonly image?: string | undefined;
}

export interface CopyImageOptions extends Omit<PullOptions, 'credential'> {
  readonly fromCredential?: Credential | undefined;
  readonly toCredential?: Credential | undefined;
}

export interface ManifestOptions extends Pick<PullOptions, 'credential' | 'signal'> {
  /** The registry may be spoken to without TLS. */
  readonly isInsecure?: boolean;
}

export type RemoteOptions = Pick<PullOptions, 'credential' | 'signal'>;

/** What is exchanged with registries. */
export interface Distribution {
  /** Pushes one image. @param reference with a tag */
  push(reference: Reference, options: PushOptions): Promise<PushedImage>;
  /** Copies an image between registries, layouts, archives and the store. Files are those of the engine's machine. */
  copy(from: string, to: string, options: CopyImageOptions): Promise<void>;
  /** What a name leads to, without its layers. @throws not-found */
  inspect(reference: Reference, options: RemoteOptions): Promise<DistributionInspect>;
  /** An image of a registry, without its layers. @throws not-found */
  inspectImage(reference: Reference, options: RemoteOptions & Pick<PullOptions, 'platform'>): Promise<RemoteImage>;
  /** A document of a registry as it is. @throws not-found */
  document(reference: Reference, options: ManifestOptions): Promise<RemoteDocument>;
  /** Stores a manifest list, with what it lists taken over from other repositories. @returns its digest */
  pushList(reference: Reference, list: ManifestListPush, options: ManifestOptions): Promise<string>;
  search(term: string, options: RemoteOptions & { readonly limit: number }): Promise<SearchResult[]>;
  /** Brings a blob that an image here needs into the store. @throws not-found when the repository does not have it */
  fetchLostBlob(repository: Reference, blob: LostBlob, options: RemoteOptions): Promise<void>;
  /** What a registry answers to a credential. @param server `HOST[:PORT]`, or Docker's own as people write it */
  login(server: string, credential: Credential, signal: AbortSignal): Promise<LoggedIn>;
  /** Pulls one image. @param reference with a tag or a digest */
  pull(reference: Reference, options: PullOptions): Promise<PulledImage>;
  /** Pulls all tags of a repository. */
  pullAll(repository: Reference, options: PullOptions): Promise<PulledImage[]>;
}

/** Nothing is read or connected to before it is needed; configuration is read anew for each exchange. */
export function openDistribution(options: DistributionOptions): Distribution {
  const limit = new Limiter(options.downloads === 0 ? Number.POSITIVE_INFINITY : (options.downloads ?? 3));
  const parts = { store: options.store, limit };
  const uploads = new Limiter(options.uploads === 0 ? Number.POSITIVE_INFINITY : (options.uploads ?? 5));
  return {
    push: (reference, push) =>
      withRegistry(options, reference, push, async (client) => {
        push.report({ status: `The push refers to repository [${fullName(reference)}]` });
        const parts = { store: options.store, limit: uploads };
        const { pushTagged } = await import('./push/push-index.ts');
        const request = { reference, ...push };
        const pushed = await (push.image === undefined ? pushTagged : pushImage)(parts, client, request);
        const { digest, size } = pushed;
        push.report({ status: `${reference.tag}: digest: ${digest} size: ${size}` });
        push.report({ progressDetail: {}, aux: { Tag: reference.tag, Digest: digest, Size: size } });
        return pushed;
      }),
    copy: async (from, to, { platform, fromCredential, toCredential, signal, report }) => {
      const { copyImage } = await import('./copy/copy-image.ts');
      const { parsePlace } = await import('./copy/place.ts');
      const settings = readSettings(options);
      const opened: HttpClient[] = [];
      const open = (reference: Reference, credential: Credential | undefined) => {
        const endpoint = pushEndpoint(reference, settings);
        const http = openHttp(options, settings, [endpoint]);
        opened.push(http);
        return new RegistryClient(http, endpoint, credential, signal);
      };
      try {
        const ends = { from: parsePlace(from), to: parsePlace(to), fromCredential, toCredential };
        const parts = { store: options.store, downloads: limit, uploads, open };
        await copyImage(parts, { ...ends, platform, signal, report });
      } finally {
        for (const http of opened) http.close();
      }
    },
    inspectImage: (reference, remote) =>
      withRegistry(options, reference, remote, async (client) => {
        try {
          return await inspectImage(client, reference, remote.platform, remote.signal);
        } catch (error) {
          throw explainPullError(error, reference);
        }
      }),
    document: (reference, remote) =>
      withRegistry(trusting(options, reference, remote), reference, remote, async (client) => {
        try {
          return await remoteDocument(client, reference.digest ?? reference.tag!, remote.signal);
        } catch (error) {
          throw explainPullError(error, reference);
        }
      }),
    pushList: (reference, list, remote) => {
      const trusted = trusting(options, reference, remote);
      const open = (entry: Reference, use: (client: RegistryClient) => Promise<void>) =>
        withRegistry(trusted, entry, remote, use);
      return withRegistry(trusted, reference, remote, (client) =>
        pushList(client, reference.tag!, list, { open, limit: uploads, signal: remote.signal }),
      );
    },
    inspect: (reference, remote) =>
      fromAny(options, reference, { ...remote, report: () => {} }, (client) =>
        inspectRemote(client, reference.digest ?? reference.tag!, remote.signal),
      ),
    search: async (term, { limit: most, credential, signal }) => {
      const settings = readSettings(options);
      const { server, words } = splitTerm(term);
      const endpoint = loginEndpoint(server, settings);
      const http = openHttp(options, settings, [endpoint]);
      try {
        return await searchRegistry(http, { ...endpoint, path: words }, { limit: most, credential, signal });
      } finally {
        http.close();
      }
    },
    fetchLostBlob: (repository, blob, { credential, signal }) =>
      fromAny(options, repository, { credential, signal, report: () => {} }, async (client) => {
        const { fetchLostBlob } = await import('./pull/fetch-lost-blob.ts');
        await fetchLostBlob(options.store, client, blob, signal);
      }),
    login: async (server, credential, signal) => {
      const settings = readSettings(options);
      const endpoint = loginEndpoint(server, settings);
      const http = openHttp(options, settings, [endpoint]);
      try {
        return await logIn(http, endpoint, credential, signal);
      } finally {
        http.close();
      }
    },
    pull: (reference, pull) =>
      fromAny(options, reference, pull, async (client) => {
        return await pullOne(parts, client, reference, pull);
      }),
    pullAll: (repository, pull) =>
      fromAny(options, repository, pull, async (client) => {
        const pulled: PulledImage[] = [];
        for (const tag of await client.tags()) {
          const reference = { ...repository, tag };
          pulled.push(await pullOne(parts, client, reference, pull));
        }
        return pulled;
      }),
  };
}

async function pullOne(
  parts: Parameters<typeof pullImage>[0],
  client: RegistryClient,
  reference: Reference,
  { platform, signal, report }: PullOptions,
): Promise<PulledImage> {
  const pulled = await pullImage(parts, client, { reference, platform, signal, report });
  report({ status: `Digest: ${pulled.digest}` });
  const what = pulled.isNew ? 'Downloaded newer image for' : 'Image is up to date for';
  report({ status: `Status: ${what} ${familiarReference(reference)}` });
  return pulled;
}

/** Runs an exchange with the first endpoint that can: mirrors may fail, the registry itself has the last word. */
async function fromAny<T>(
  options: DistributionOptions,
  reference: Reference,
  { credential, signal, report }: PullOptions,
  use: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const settings = readSettings(options);
  const endpoints = pullEndpoints(reference, settings);
  const http = openHttp(options, settings, endpoints);
  try {
    for (const [i, endpoint] of endpoints.entries()) {
      try {
        return await use(new RegistryClient(http, endpoint, endpoint.isMirror ? undefined : credential, signal));
      } catch (error) {
        const isLast = i === endpoints.length - 1;
        if (isLast || signal.aborted || isBerthError(error, 'cancelled')) throw explainPullError(error, reference);
        report({ status: `Mirror ${endpoint.host} has no ${familiarName(reference)}: ${messageOf(error)}` });
      }
    }
    throw new BerthError('not-found', 'registry.none', `no registry to pull ${familiarReference(reference)} from`);
  } finally {
    http.close();
  }
}

/** Runs an exchange with the registry that an image's name says. */
async function withRegistry<T>(
  options: DistributionOptions,
  reference: Reference,
  { credential, signal }: Pick<PullOptions, 'credential' | 'signal'>,
  use: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const settings = readSettings(options);
  const endpoint = pushEndpoint(reference, settings);
  const http = openHttp(options, settings, [endpoint]);
  try {
    return await use(new RegistryClient(http, endpoint, credential, signal));
  } finally {
    http.close();
  }
}

/** The options with the registry of a name among those that need no TLS, when that is wished. */
function trusting(
  options: DistributionOptions,
  { domain }: Reference,
  { isInsecure: wished }: ManifestOptions,
): DistributionOptions {
  return wished ? { ...options, insecure: [...(options.insecure ?? []), domain] } : options;
}

function readSettings({ env, mirrors = [], insecure = [] }: DistributionOptions): RegistrySettings {
  return { rules: readRegistriesConf(env), mirrors, insecure };
}

function openHttp(
  options: DistributionOptions,
  settings: RegistrySettings,
  endpoints: readonly Endpoint[],
): HttpClient {
  const own = options.env['BERTH_CERTS_DIR'];
  const directories = own ? [own] : CERTIFICATE_DIRECTORIES;
  const unchecked = new Set(endpoints.filter(({ insecure }) => insecure).map(({ host }) => host));
  return new HttpClient({
    env: options.env,
    userAgent: options.userAgent,
    idleMs: options.idleMs,
    tries: options.attempts,
    tlsOf: (host) => readCertificates(host, directories, unchecked.has(host) || isInsecure(host, settings)),
  });
}
