import type { NetworkDisconnectRequest } from '#spec/docker-api/networks.ts';
import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** Takes a container out of a network. @throws not-found, forbidden when it is not in it */
export async function disconnectNetwork(
  api: Api,
  ref: string,
  request: NetworkDisconnectRequest,
  abort?: AbortSignal,
): Promise<void> {
  const body = { kind: 'json', value: request } as const;
  await sendOnly(api, { method: 'POST', path: `/networks/${segment(ref)}/disconnect`, body, abort });
}
