import type { NetworkCreateRequest, NetworkCreateResponse } from '#spec/docker-api/networks.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/** @throws invalid, forbidden for addresses in use, conflict for a name in use */
export function createNetwork(
  api: Api,
  request: NetworkCreateRequest,
  abort?: AbortSignal,
): Promise<NetworkCreateResponse> {
  return sendForJson(api, { method: 'POST', path: '/networks/create', body: { kind: 'json', value: request }, abort });
}
