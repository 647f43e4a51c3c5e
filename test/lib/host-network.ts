import { existsSync } from 'node:fs';
import { removeHostParts } from '#engine/networks/remove-host-parts.ts';
import { type Core, openCore } from '#engine/open-core.ts';
import { firewallNames } from '#network/firewall/firewall-names.ts';

/** Takes away the interfaces and rules that a root's networks have on this machine, if any. */
export async function removeNetworks(core: Core): Promise<void> {
  const devices = core.context.networks.all().flatMap(({ device }) => (device === null ? [] : [device.interfaceName]));
  const isThere = (name: string) => existsSync(`/sys/class/net/${name}`);
  if ([firewallNames(core.root).entry, ...devices].some(isThere)) await removeHostParts(core.context);
}

/** The same for a root that no test has open. */
export async function removeNetworksOf(root: string): Promise<void> {
  const core = openCore({ root });
  try {
    await removeNetworks(core);
  } finally {
    await core.close();
  }
}
