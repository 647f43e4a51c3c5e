import type { PingInfo } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { send } from '../api.ts';
import { discardBody } from '../response.ts';

/** Asks whether the engine is there. @throws unavailable */
export async function ping(api: Api, abort?: AbortSignal): Promise<PingInfo> {
  const response = await send(api, { method: 'HEAD', path: '/_ping', abort });
  discardBody(response);
  const { headers } = response;
  return {
    apiVersion: headers['api-version'] ?? '',
    osType: headers['ostype'] ?? '',
    experimental: headers['docker-experimental'] === 'true',
    builderVersion: headers['builder-version'] ?? '',
  };
}
