import type { VolumePruneReport } from '#spec/docker-api/volumes.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

/** Removes volumes that no container uses: anonymous ones, all with the filter `all=true`. */
export function pruneVolumes(
  api: Api,
  filters: Readonly<Record<string, readonly string[]>> = {},
  abort?: AbortSignal,
): Promise<VolumePruneReport> {
  const query = { filters: encodeFilters(filters) };
  return sendForJson(api, { method: 'POST', path: '/volumes/prune', query, abort });
}
