import type { Endpoint } from '#network/model.ts';
import { readPortSettings } from './port-settings.ts';

/**
 * Whether ports of an endpoint are open whatever the host's input rules say: its network's word, else the root's.
 *
 * @param root absolute
 * @throws invalid for settings of the root that mean nothing
 */
export function openPolicy(root: string): (endpoint: Endpoint) => boolean {
  let general: 'respect' | 'open' | undefined;
  return ({ network }) => {
    if (network.bridge.firewall !== undefined) return network.bridge.firewall === 'open';
    general ??= readPortSettings(root).firewall;
    return general === 'open';
  };
}
