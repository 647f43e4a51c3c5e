import type { NetworkInspect } from '#spec/docker-api/networks.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

export interface InspectNetworkOptions {
  /** Also the services of a swarm. */
  readonly verbose?: boolean | undefined;
  /** `local`, `global`, `swarm`; any when absent. */
  readonly scope?: string | undefined;
}

/** @param ref id, name, or the first digits of an id @throws not-found */
export function inspectNetwork(
  api: Api,
  ref: string,
  options: InspectNetworkOptions = {},
  abort?: AbortSignal,
): Promise<NetworkInspect> {
  const query = { verbose: options.verbose, scope: options.scope };
  return sendForJson(api, { method: 'GET', path: `/networks/${segment(ref)}`, query, abort });
}
