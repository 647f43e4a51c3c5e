import type { SearchResult } from '#spec/docker-api/registries.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

export interface SearchImagesOptions {
  /** Most results, 25 when absent. */
  readonly limit?: number | undefined;
  readonly filters?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Value of `X-Registry-Auth`. */
  readonly registryAuth?: string | undefined;
}

/** Searches a registry's images. @param term with a registry in front (`quay.io/tool`), else in Docker's own */
export function searchImages(
  api: Api,
  term: string,
  options: SearchImagesOptions = {},
  abort?: AbortSignal,
): Promise<readonly SearchResult[]> {
  return sendForJson(api, {
    method: 'GET',
    path: '/images/search',
    query: { term, limit: options.limit, filters: encodeFilters(options.filters) },
    headers: options.registryAuth === undefined ? {} : { 'x-registry-auth': options.registryAuth },
    abort,
  });
}
