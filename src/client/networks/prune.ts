import type { NetworkPruneReport } from '#spec/docker-api/networks.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

/** Removes networks that no container uses. */
export function pruneNetworks(
  api: Api,
  filters: Readonly<Record<string, readonly string[]>> = {},
  abort?: AbortSignal,
): Promise<NetworkPruneReport> {
  const query = { filters: encodeFilters(filters) };
  return sendForJson(api, { method: 'POST', path: '/networks/prune', query, abort });
}
