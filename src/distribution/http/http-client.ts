import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { BerthError } from '#base/errors.ts';
import { type HttpRequest, type HttpResponse, headerOf, shownUrl } from './exchange.ts';
import { idleError, networkError } from './network-error.ts';
import { proxyFor } from './proxy.ts';

/** How a server proves itself and what is shown to it. */
export interface TlsSettings {
  /** Certificates in PEM to trust besides the system's. */
  readonly ca: readonly string[];
  /** Certificates and keys in PEM to show. */
  readonly own: readonly { readonly cert: string; readonly key: string }[];
  /** Trust whatever the server shows. */
  readonly insecure: boolean;
}

export interface HttpClientOptions {
  /** Settings for a server `HOST[:PORT]`. */
  readonly tlsOf: (host: string) => TlsSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userAgent: string;
  /** How long a server may be silent, or all but silent, milliseconds; 30 s when absent. */
  readonly idleMs?: number | undefined;
  /** Tries of one request, or of a download that makes no headway; 5 when absent. */
  readonly tries?: number | undefined;
}

const IDLE_MS = 30_000;
const TRIES = 5;
const REDIRECTS_MAX = 10;
/** Connections to one server at once. */
const SOCKETS = 8;
const KEEP_MS = 4_000;

/** Sends requests over connections that it keeps. Follows redirects; credentials go to the server they were given for only. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** Tries before something that fails in passing is given up. */
  get tries(): number {
    return this.#options.tries ?? TRIES;
  }

  /**
   * Sends a request and gives the head of the answer.
   *
   * @throws unavailable or timeout when no answer came; `cancelled` when the request's signal did it
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const seen = new Set<string>();
    let current = request;
    for (let hops = 0; ; hops++) {
      const response = await this.#sendOnce(current);
      const location = headerOf(response, 'location');
      const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
      // Only what reads is sent elsewhere: an upload's server says where it goes in its answers.
      if (!isRedirect || (current.method !== 'GET' && current.method !== 'HEAD')) return response;
      response.body.destroy();
      const url = nextUrl(current.url, location);
      seen.add(current.url.href);
      if (hops >= REDIRECTS_MAX || seen.has(url.href)) {
        const words = `${request.method} "${shownUrl(request.url)}": stopped after ${hops + 1} redirects`;
        throw new BerthError('unavailable', 'registry.redirects', words);
      }
      current = { ...current, url, headers: headersFor(current, url) };
    }
  }

  /** Ends the connections that are kept. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #sendOnce(request: HttpRequest): Promise<HttpResponse> {
    const { signal, url, body, method } = request;
    signal?.throwIfAborted();
    const length = body?.length;
    const idleMs = request.idleMs ?? this.#options.idleMs ?? IDLE_MS;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(url, {
      method,
      agent: this.#agentFor(url),
      headers: {
        'user-agent': this.#options.userAgent,
        ...request.headers,
        ...(length === undefined ? {} : { 'content-length': length }),
      },
      timeout: idleMs,
      ...(signal === undefined ? {} : { signal }),
    });
    outgoing.on('response', (incoming) => {
      incoming.setTimeout(idleMs, () => incoming.destroy(idleError(request, idleMs)));
      resolve(incoming);
    });
    outgoing.on('timeout', () => outgoing.destroy(idleError(request, idleMs)));
    outgoing.on('error', reject);
    // A head that comes byte by byte keeps the connection busy, but nobody waits for it for ever.
    const headTimer =
      body === undefined
        ? setTimeout(() => outgoing.destroy(idleError(request, 2 * idleMs)), 2 * idleMs).unref()
        : undefined;
    if (body === undefined || !('open' in body)) outgoing.end(body);
    else {
      const source = Readable.from(body.open(), { objectMode: false, highWaterMark: 1024 * 1024 });
      source.on('error', (error) => outgoing.destroy(error));
      // An answer may come before the end of what is sent, and end the connection.
      outgoing.on('close', () => source.destroy());
      source.pipe(outgoing);
    }
    try {
      const incoming = await promise;
      return { status: incoming.statusCode ?? 0, headers: incoming.headers, url, body: incoming, idleMs };
    } catch (error) {
      if (signal?.aborted)
        throw new BerthError('cancelled', 'registry.cancelled', 'context canceled', { cause: error });
      throw networkError(request, error);
    } finally {
      clearTimeout(headTimer);
    }
  }

  #agentFor(url: URL): HttpAgent | HttpsAgent {
    const proxy = proxyFor(url, this.#options.env);
    const key = `${url.protocol}//${url.host} ${proxy ?? ''}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const proxyEnv = proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
    const common = { keepAlive: true, maxSockets: SOCKETS, timeout: KEEP_MS, ...proxyEnv };
    const agent =
      url.protocol === 'https:'
        ? new HttpsAgent({ ...common, ...tlsOptions(this.#options.tlsOf(url.host)) })
        : new HttpAgent(common);
    this.#agents.set(key, agent);
    return agent;
  }
}

/** @throws unavailable for a place that is none */
export function nextUrl(from: URL, location: string): URL {
  let url: URL;
  try {
    url = new URL(location, from);
  } catch {
    throw new BerthError(
      'unavailable',
      'registry.location',
      `"${shownUrl(from)}" sent to ${JSON.stringify(location)}, which is no URL`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new BerthError(
      'unavailable',
      'registry.location',
      `"${shownUrl(from)}" sent to a place of the unknown kind ${url.protocol}`,
    );
  }
  return url;
}

/** The headers of a request on its way to `url`: who is another server gets no credentials. */
function headersFor({ url: from, headers = {} }: HttpRequest, url: URL) {
  if (from.origin === url.origin) return headers;
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(authorization|cookie|www-authenticate)$/i.test(name)),
  );
}

function tlsOptions({ ca, own, insecure }: TlsSettings): SecureContextOptions & { rejectUnauthorized: boolean } {
  return {
    rejectUnauthorized: !insecure,
    ...(ca.length === 0 ? {} : { ca: [...ca] }),
    ...(own.length === 0 ? {} : { cert: own.map(({ cert }) => cert), key: own.map(({ key }) => key) }),
  };
}
