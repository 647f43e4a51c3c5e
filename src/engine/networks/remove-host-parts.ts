import { removeFirewall } from '#network/firewall/firewall.ts';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import { leaveForeignForward } from '#network/firewall/foreign-forward.ts';
import { removeDevice } from '#network/links/device.ts';
import type { EngineContext } from '../context.ts';

/**
 * Takes away all that the root's networks have on the host: interfaces and rules. The networks stay in the database, and what
 * they need is made again when a container starts. For roots that are about to be deleted.
 */
export async function removeHostParts(context: Pick<EngineContext, 'root' | 'networks'>): Promise<void> {
  for (const { device } of context.networks.all()) {
    if (device === null) continue;
    await removeDevice(device);
    if (device.driver === 'bridge') await leaveForeignForward(device.interfaceName);
  }
  await removeFirewall(firewallNames(context.root));
}
