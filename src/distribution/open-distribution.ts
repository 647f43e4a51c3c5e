import { BerthError, isBerthError, messageOf } from '#base/errors.ts';
import { Limiter } from '#base/limiter.ts';
import type { HostPlatform } from '#spec/platform.ts';
import { familiarName, familiarReference, type Reference } from '#spec/reference.ts';
import type { Store } from '#store/open-store.ts';
import type { Credential } from './auth/credential.ts';
import { HttpClient } from './http/http-client.ts';
import { explainPullError, type PulledImage, pullImage } from './pull/pull-image.ts';
import type { Report } from './pull/pull-progress.ts';
import { CERTIFICATE_DIRECTORIES, readCertificates } from './registry/certs-d.ts';
import { type Endpoint, isInsecure, pullEndpoints, type RegistrySettings } from './registry/endpoints.ts';
import { readRegistriesConf } from './registry/registries-conf.ts';
import { RegistryClient } from './registry/registry-client.ts';

export interface DistributionOptions {
  readonly store: Store;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** URLs of mirrors of Docker's own registry. */
  readonly mirrors?: readonly string[] | undefined;
  /** `HOST[:PORT]` of registries that may be spoken to without TLS. */
  readonly insecure?: readonly string[] | undefined;
  /** Layers fetched at once; 3 when absent. */
  readonly downloads?: number | undefined;
  /** Layers sent at once; 5 when absent. */
  readonly uploads?: number | undefined;
  /** As servers see this program. */
  readonly userAgent: string;
}

export interface PullOptions {
  readonly platform?: HostPlatform | undefined;
  readonly credential?: Credential | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** What is exchanged with registries. */
export interface Distribution {
  /** Pulls one image. @param reference with a tag or a digest */
  pull(reference: Reference, options: PullOptions): Promise<PulledImage>;
  /** Pulls all tags of a repository. */
  pullAll(repository: Reference, options: PullOptions): Promise<PulledImage[]>;
}

/** Nothing is read or connected to before it is needed; configuration is read anew for each exchange. */
export function openDistribution(options: DistributionOptions): Distribution {
  const limit = new Limiter(options.downloads ?? 3);
  const parts = { store: options.store, limit };
  return {
    pull: (reference, pull) =>
      fromAny(options, reference, pull, async (client) => {
        pull.report({ status: `Pulling from ${client.endpoint.path}`, id: reference.tag ?? reference.digest! });
        return await pullOne(parts, client, reference, pull);
      }),
    pullAll: (repository, pull) =>
      fromAny(options, repository, pull, async (client) => {
        const pulled: PulledImage[] = [];
        for (const tag of await client.tags()) {
          const reference = { ...repository, tag };
          pull.report({ status: `Pulling from ${client.endpoint.path}`, id: tag });
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
    tlsOf: (host) => readCertificates(host, directories, unchecked.has(host) || isInsecure(host, settings)),
  });
}
