import type { NetworkInspect } from '#spec/docker-api/networks.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

/** Networks, without the containers in them. */
export function listNetworks(
  api: Api,
  filters: Readonly<Record<string, readonly string[]>> = {},
  abort?: AbortSignal,
): Promise<readonly NetworkInspect[]> {
  return sendForJson(api, { method: 'GET', path: '/networks', query: { filters: encodeFilters(filters) }, abort });
}
