import type { StateCheckReport } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/**
 * Checks the engine's state; Berth's own call.
 *
 * @param options `repair`: also mend what can be; `registryConfig`: the value of `X-Registry-Config`
 * @throws not-found by docker
 */
export function checkState(
  api: Api,
  options: { readonly repair?: boolean | undefined; readonly registryConfig?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<StateCheckReport> {
  const { repair, registryConfig } = options;
  const headers = registryConfig === undefined ? {} : { 'x-registry-config': registryConfig };
  return sendForJson(api, { method: 'POST', path: '/system/fsck', query: { repair }, headers, abort });
}
