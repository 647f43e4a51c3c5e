import { BerthError } from '#base/errors.ts';
import type { SearchResult } from '#spec/docker-api/registries.ts';
import { asArray, asObject, type JsonObject, parseJsonObject } from '#spec/oci-image/json-checks.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import type { Credential } from '../auth/credential.ts';
import { headerOf } from '../http/exchange.ts';
import { type HttpClient, nextUrl } from '../http/http-client.ts';
import { readBody } from '../http/read-body.ts';
import type { Endpoint } from './endpoints.ts';
import { RegistryClient } from './registry-client.ts';

export interface SearchRequest {
  /** Most results. */
  readonly limit: number;
  readonly credential: Credential | undefined;
  readonly signal: AbortSignal;
}

const HUB_SEARCH = 'https://index.docker.io/v1/search';
const CATALOG_PAGES_MAX = 100;

/** The registry that a term begins with (`quay.io/tool`), and the rest. */
export function splitTerm(term: string): { server: string; words: string } {
  const slash = term.indexOf('/');
  const first = term.slice(0, Math.max(slash, 0));
  const isServer = slash > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isServer ? { server: first, words: term.slice(slash + 1) } : { server: '', words: term };
}

/**
 * Searches a registry with Docker's search of version 1, and one that has none by the names in its catalogue.
 *
 * @param endpoint its path is what is searched for
 */
export async function searchRegistry(
  http: HttpClient,
  endpoint: Endpoint,
  request: SearchRequest,
): Promise<SearchResult[]> {
  const { limit, signal, credential } = request;
  const client = new RegistryClient(http, endpoint, credential, signal);
  const isHub = endpoint.host === 'registry-1.docker.io';
  const url = isHub ? new URL(HUB_SEARCH) : new URL('/v1/search', await client.base());
  url.searchParams.set('q', endpoint.path);
  url.searchParams.set('n', String(limit));
  const response = await client.send({ method: 'GET', at: url, scopes: [], accept: [200, 404], what: 'search' });
  const body = await readBody(response, DOCUMENT_BYTES_MAX);
  if (response.status === 404) return await searchCatalog(client, endpoint.path, limit);
  const what = 'the answer of the search';
  return asArray(parseJsonObject(body.toString(), what)['results'] ?? [], what)
    .slice(0, limit)
    .map((item) => toResult(asObject(item, what)));
}

function toResult(item: JsonObject): SearchResult {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    name: text(item['name']).replace(/^library\//, ''),
    description: text(item['description']),
    star_count: Number(item['star_count'] ?? 0),
    is_official: item['is_official'] === true,
    is_automated: false,
  };
}

async function searchCatalog(client: RegistryClient, words: string, limit: number): Promise<SearchResult[]> {
  const found: SearchResult[] = [];
  let at: string | URL = '_catalog?n=1000';
  for (let pages = 0; pages < CATALOG_PAGES_MAX; pages++) {
    const response = await client.send({
      method: 'GET',
      at,
      scopes: ['registry:catalog:*'],
      accept: [200, 404],
      what: 'catalogue',
    });
    const body = await readBody(response, DOCUMENT_BYTES_MAX);
    if (response.status === 404)
      throw new BerthError('unsupported', 'search.unsupported', `registry ${client.endpoint.host} cannot be searched`);
    const what = 'the catalogue';
    for (const name of asArray(parseJsonObject(body.toString(), what)['repositories'] ?? [], what)) {
      if (typeof name === 'string' && name.includes(words))
        found.push({
          name: `${client.endpoint.host}/${name}`,
          description: '',
          star_count: 0,
          is_official: false,
          is_automated: false,
        });
      if (found.length >= limit) return found;
    }
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headerOf(response, 'link') ?? '')?.[1];
    if (next === undefined) return found;
    at = nextUrl(response.url, next);
  }
  return found;
}
