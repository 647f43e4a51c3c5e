import { BerthError, isBerthError } from '#base/errors.ts';
import type { Credential } from '#distribution/auth/credential.ts';
import { headerOf } from '#distribution/http/exchange.ts';
import { HttpClient } from '#distribution/http/http-client.ts';
import { CERTIFICATE_DIRECTORIES, readCertificates } from '#distribution/registry/certs-d.ts';
import { RegistryClient } from '#distribution/registry/registry-client.ts';
import type { Upstream } from './api.ts';

export interface UpstreamOptions {
  /** `https://HOST[:PORT]`, or `http://` for a registry that speaks no TLS. */
  readonly url: string;
  readonly credential: Credential | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userAgent: string;
}

/** Repositories whose tokens are kept. */
const CLIENTS_MAX = 500;

/** @throws invalid for what is no such URL */
export function openUpstream({ url, credential, env, userAgent }: UpstreamOptions): Upstream {
  const { host, plain } = parseUrl(url);
  const own = env['BERTH_CERTS_DIR'];
  const directories = own ? [own] : CERTIFICATE_DIRECTORIES;
  const http = new HttpClient({ env, userAgent, tlsOf: (name) => readCertificates(name, directories, false) });
  const clients = new Map<string, RegistryClient>();
  const clientOf = (repository: string): RegistryClient => {
    const known = clients.get(repository);
    if (known !== undefined) return known;
    if (clients.size >= CLIENTS_MAX) clients.clear();
    const endpoint = { host, path: repository, insecure: plain, isMirror: false, plain };
    const fresh = new RegistryClient(http, endpoint, credential);
    clients.set(repository, fresh);
    return fresh;
  };
  return {
    manifest: (repository, reference) => ifThere(() => clientOf(repository).manifest(reference)),
    resolve: async (repository, tag) => {
      const found = await ifThere(() => clientOf(repository).statManifest(tag));
      return found?.digest;
    },
    blob: async (repository, digest, signal) => {
      const client = clientOf(repository);
      return await ifThere(async () => {
        const response = await client.send({
          method: 'GET',
          at: client.path(`blobs/${digest}`),
          headers: { 'accept-encoding': 'identity' },
          accept: [200],
          what: `blob ${digest}`,
          signal,
        });
        const size = Number(headerOf(response, 'content-length') ?? Number.NaN);
        if (Number.isSafeInteger(size)) return { size, stream: response.body };
        response.body.destroy();
        throw new BerthError('unavailable', 'registry.upstream', `${host} does not say how long blob ${digest} is`);
      });
    },
    tags: (repository) => ifThere(() => clientOf(repository).tags()),
    close: () => http.close(),
  };
}

async function ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    // Docker's own registry calls what is not there a matter of rights.
    if (isBerthError(error) && ['not-found', 'unauthorized', 'forbidden'].includes(error.kind)) return undefined;
    throw error;
  }
}

function parseUrl(text: string): { host: string; plain: boolean } {
  const match = /^(https?):\/\/([^/?#@]+)\/?$/.exec(text);
  if (match === null) {
    const words = `invalid address of a registry ${JSON.stringify(text)}: wanted https://HOST[:PORT]`;
    throw new BerthError('invalid', 'registry.upstream', words);
  }
  return { host: match[2]!, plain: match[1] === 'http' };
}
