import type { ImagePruneReport } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

/** Removes images that no container uses: untagged ones, all with the filter `dangling=false`. */
export function pruneImages(
  api: Api,
  filters: Readonly<Record<string, readonly string[]>> = {},
  abort?: AbortSignal,
): Promise<ImagePruneReport> {
  return sendForJson(api, { method: 'POST', path: '/images/prune', query: { filters: encodeFilters(filters) }, abort });
}
