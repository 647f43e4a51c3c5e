import type { Endpoint } from '#network/model.ts';
import type { EngineContext } from '../context.ts';

/** What published ports are to the host's own firewall: its input rules decide who reaches them, or they are open to everybody. */
export type FirewallPolicy = 'respect' | 'open';

/** Whether ports of an endpoint are open whatever the host's input rules say: its network's word, else the engine's. */
export function opensFirewall(context: Pick<EngineContext, 'options'>, { network }: Endpoint): boolean {
  return (network.bridge.firewall ?? context.options.firewall ?? 'respect') === 'open';
}
