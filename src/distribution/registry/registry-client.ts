import { BerthError, isBerthError } from '#base/errors.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '#spec/oci-image/media-types.ts';
import { Authorizer } from '../auth/authorizer.ts';
import type { Credential } from '../auth/credential.ts';
import { isBusy, pause, pauseBefore } from '../http/back-off.ts';
import { type HttpRequest, type HttpResponse, headerOf, shownUrl } from '../http/exchange.ts';
import { type HttpClient, nextUrl } from '../http/http-client.ts';
import { isPassing } from '../http/network-error.ts';
import { readBody } from '../http/read-body.ts';
import type { Endpoint } from './endpoints.ts';
import { registryError } from './registry-error.ts';

/** A document as a registry has it. */
export interface RemoteManifest {
  readonly bytes: Buffer;
  /** As the registry calls it, without parameters; empty when it says nothing. */
  readonly mediaType: string;
}

/** What a request is about. */
export interface Exchange extends Omit<HttpRequest, 'url'> {
  /** Below the registry's `/v2/`, or a whole URL. */
  readonly at: string | URL;
  /** Scopes that it needs; pulling when absent. */
  readonly scopes?: readonly string[];
  /** Statuses that the caller wants to see; all others are thrown. */
  readonly accept: readonly number[];
  /** What is asked for, for errors. */
  readonly what: string;
  /** Send again what fails in passing; true when absent. */
  readonly repeat?: boolean;
}

const MANIFEST_TYPES = [
  OCI_INDEX,
  DOCKER_INDEX,
  OCI_MANIFEST,
  DOCKER_MANIFEST,
  'application/vnd.oci.artifact.manifest.v1+json',
  '*/*',
].join(', ');

/** One repository of one registry (OCI distribution specification 1.1). */
export class RegistryClient {
  readonly endpoint: Endpoint;
  readonly #http: HttpClient;
  readonly #authorizer: Authorizer;
  readonly #signal: AbortSignal | undefined;
  #base: Promise<URL> | undefined;
  #hasAnswered = false;

  constructor(http: HttpClient, endpoint: Endpoint, credential: Credential | undefined, signal?: AbortSignal) {
    this.#http = http;
    this.endpoint = endpoint;
    this.#authorizer = new Authorizer(http, credential);
    this.#signal = signal;
  }

  /** Tries before something that fails in passing is given up. */
  get tries(): number {
    return this.#http.tries;
  }

  /** Finds out how the registry is spoken to. @throws unavailable when nobody answers */
  base(): Promise<URL> {
    this.#base ??= this.#findBase();
    return this.#base;
  }

  async #findBase(): Promise<URL> {
    const { host, insecure, plain } = this.endpoint;
    if (!URL.canParse(`https://${host}/v2/`))
      throw new BerthError('invalid', 'registry.address', `invalid registry address: ${JSON.stringify(host)}`);
    const secure = new URL(`https://${host}/v2/`);
    const open = new URL(`http://${host}/v2/`);
    if (plain) return await this.#ping(open);
    try {
      return await this.#ping(secure);
    } catch (error) {
      const mayBePlain = isBerthError(error) && !isBerthError(error, 'cancelled') && insecure;
      if (!mayBePlain) throw error;
      return await this.#ping(open).catch((later: unknown) => {
        // Nobody speaks plain HTTP there either: what went wrong with HTTPS says more.
        throw isBerthError(later) && later.code === 'registry.protocol' ? error : later;
      });
    }
  }

  async #ping(url: URL): Promise<URL> {
    const response = await this.#http.send({ method: 'GET', url, signal: this.#signal });
    if (url.protocol === 'http:' && response.status === 400) {
      const text = String(await readBody(response, DOCUMENT_BYTES_MAX));
      if (/https/i.test(text))
        throw new BerthError('unavailable', 'registry.protocol', `"${shownUrl(url)}": ${text.trim()}`);
    }
    response.body.destroy();
    this.#hasAnswered = true;
    return url;
  }

  /**
   * Sends a request; failures that may pass are tried again, with growing pauses.
   *
   * @throws what the registry says as a BerthError unless the status is one of `accept`
   */
  async send(exchange: Exchange): Promise<HttpResponse> {
    const { at, scopes = [this.scope('pull')], accept, what, repeat = true, ...request } = exchange;
    const base = await this.base();
    const url = at instanceof URL ? at : new URL(at, base);
    const signal = request.signal ?? this.#signal;
    for (let tries = 1; ; tries++) {
      let response: HttpResponse | undefined;
      let failure: unknown;
      try {
        // A place on another server that the registry named gets no credentials.
        const isOwn = url.origin === base.origin;
        const dressed = { ...request, url, signal };
        response = isOwn ? await this.#authorizer.send(dressed, scopes) : await this.#http.send(dressed);
        this.#hasAnswered = true;
        if (accept.includes(response.status)) return response;
        failure = undefined;
      } catch (error) {
        if (isBerthError(error, 'unauthorized') && error.code === 'registry.no-credentials') {
          throw new BerthError(
            'unauthorized',
            error.code,
            `${wordOf(request.method)} "${shownUrl(url)}": ${error.message}`,
          );
        }
        failure = error;
      }
      const passes = response === undefined ? this.#passes(failure) : isBusy(response.status);
      const ms = repeat && passes && tries < this.tries ? pauseBefore(tries, response) : undefined;
      if (ms === undefined) throw response === undefined ? failure : await registryError(response, what);
      response?.body.destroy();
      await pause(ms, signal);
    }
  }

  /** A registry that has answered before is being restarted when it refuses connections. */
  #passes(error: unknown): boolean {
    return isPassing(error) || (this.#hasAnswered && isBerthError(error) && error.code === 'registry.refused');
  }

  /** @param actions `pull`, or `pull,push` */
  scope(actions: string, path = this.endpoint.path): string {
    return `repository:${path}:${actions}`;
  }

  /** A path of this repository below `/v2/`. */
  path(rest: string): string {
    return `${this.endpoint.path}/${rest}`;
  }

  /** @param reference tag or digest @throws not-found in the registry's words */
  async manifest(reference: string): Promise<RemoteManifest> {
    const response = await this.send({
      method: 'GET',
      at: this.path(`manifests/${reference}`),
      headers: { accept: MANIFEST_TYPES },
      accept: [200],
      what: `manifest ${reference}`,
    });
    const bytes = await readBody(response, DOCUMENT_BYTES_MAX);
    return { bytes, mediaType: (headerOf(response, 'content-type') ?? '').split(';')[0]!.trim() };
  }

  /** Digest and size of a manifest; undefined when it is not there. */
  async statManifest(reference: string): Promise<{ digest: string | undefined; size: number } | undefined> {
    const response = await this.send({
      method: 'HEAD',
      at: this.path(`manifests/${reference}`),
      headers: { accept: MANIFEST_TYPES },
      accept: [200, 404],
      what: `manifest ${reference}`,
    });
    response.body.resume();
    if (response.status === 404) return undefined;
    return {
      digest: headerOf(response, 'docker-content-digest'),
      size: Number(headerOf(response, 'content-length') ?? 0),
    };
  }

  /** Tags of the repository, all pages. @throws not-found */
  async tags(): Promise<string[]> {
    const tags: string[] = [];
    let at: string | URL = this.path('tags/list');
    for (let pages = 0; pages < TAG_PAGES_MAX; pages++) {
      const response: HttpResponse = await this.send({ method: 'GET', at, accept: [200], what: 'list of tags' });
      const document = JSON.parse((await readBody(response, DOCUMENT_BYTES_MAX)).toString()) as {
        tags?: unknown;
      } | null;
      if (Array.isArray(document?.tags))
        tags.push(...document.tags.filter((tag): tag is string => typeof tag === 'string'));
      const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headerOf(response, 'link') ?? '')?.[1];
      if (next === undefined) return tags;
      at = sameServer(response.url, nextUrl(response.url, next));
    }
    throw new BerthError('invalid', 'registry.tags', `the list of tags has more than ${TAG_PAGES_MAX} pages`);
  }
}

const TAG_PAGES_MAX = 1000;

function wordOf(method: string): string {
  return method[0] + method.slice(1).toLowerCase();
}

/** A registry behind a proxy may call itself by the scheme that it hears; the connection's own is right. */
export function sameServer(from: URL, to: URL): URL {
  if (from.hostname !== to.hostname || from.protocol === to.protocol) return to;
  const fixed = new URL(to);
  if (to.port === '' || to.port === from.port) {
    fixed.protocol = from.protocol;
    fixed.port = from.port;
  }
  return fixed;
}
