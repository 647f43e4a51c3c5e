import type { NetworkConnectRequest } from '#spec/docker-api/networks.ts';
import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** Puts a container into a network. @throws not-found, invalid, forbidden */
export async function connectNetwork(
  api: Api,
  ref: string,
  request: NetworkConnectRequest,
  abort?: AbortSignal,
): Promise<void> {
  const body = { kind: 'json', value: request } as const;
  await sendOnly(api, { method: 'POST', path: `/networks/${segment(ref)}/connect`, body, abort });
}
