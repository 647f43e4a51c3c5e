/** The firewall of a root as its database says it should be. */
import type { Publication } from '#network/firewall/elements.ts';
import { changeNetwork, writeFirewall } from '#network/firewall/firewall.ts';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import { forwardWarnings, leaveForeignForward, passForeignForward } from '#network/firewall/foreign-forward.ts';
import type { FirewallState } from '#network/firewall/ruleset.ts';
import type { NetworkDevice } from '#network/model.ts';
import { publicationsOf } from '#network/ports/port-ops.ts';
import type { EngineContext } from '../context.ts';
import { openPolicy } from '../ports/firewall-option.ts';
import { currentEndpoints } from './endpoints.ts';

type FirewallContext = Pick<
  EngineContext,
  'root' | 'sql' | 'containers' | 'networks' | 'endpoints' | 'ports' | 'options'
>;

/** All networks with rules, and what running containers have published. */
export function firewallState(context: FirewallContext): FirewallState {
  const isOpen = openPolicy(context.root);
  return context.sql.transaction(() => {
    const networks = context.networks
      .all()
      .flatMap(({ device }) => (device !== null && device.driver === 'bridge' ? [device] : []));
    const ranges = Map.groupBy(context.ports.active(), ({ containerId }) => containerId);
    const publications = [...ranges].flatMap(([id, published]): Publication[] =>
      publicationsOf(currentEndpoints(context, id), published, isOpen),
    );
    return { networks, publications };
  });
}

/**
 * Makes the root's tables anew. Safe at any time and in any number of processes at once: connections go on, and who started
 * something meanwhile finds it in the tables.
 *
 * @throws unsupported when the kernel lacks something, forbidden without CAP_NET_ADMIN
 */
export async function restoreFirewall(context: FirewallContext): Promise<void> {
  const names = firewallNames(context.root);
  let state = firewallState(context);
  for (;;) {
    await writeFirewall(names, state);
    // What others wrote down while this was on its way may have been in the tables already, and is not any more.
    const now = firewallState(context);
    if (JSON.stringify(now) === JSON.stringify(state)) break;
    state = now;
  }
  const active = context.endpoints.activeNetworks();
  await passForeignForward(bridgesOf(state.networks.filter(({ id }) => active.has(id))));
  await noteObstacles(context);
}

/** What the guard runs when it misses the tables. Somebody may have taken them away for good, with the last of the networks. */
export async function restoreMissedFirewall(context: FirewallContext): Promise<void> {
  if (context.endpoints.activeNetworks().size > 0) await restoreFirewall(context);
}

/** Bridges whose packets are to pass the host. */
function bridgesOf(networks: readonly NetworkDevice[]): string[] {
  return networks.filter(({ internal, ownsParent }) => !internal && ownsParent).map((network) => network.interfaceName);
}

/**
 * Users are told what somebody else's rules still do to containers.
 *
 * @returns the warnings, which are written down too
 */
export async function noteObstacles(
  context: Pick<EngineContext, 'sql' | 'networks' | 'endpoints' | 'ports'>,
): Promise<readonly string[]> {
  const active = context.endpoints.activeNetworks();
  const devices = context.networks
    .all()
    .flatMap(({ device }) => (device !== null && active.has(device.id) ? [device] : []));
  const [bridge] = bridgesOf(devices.filter(({ driver }) => driver === 'bridge'));
  if (bridge === undefined) return [];
  const warnings = await forwardWarnings(bridge);
  const before = context.ports.warnings();
  if (JSON.stringify(warnings) !== JSON.stringify(before)) {
    context.sql.transaction(() => context.ports.setWarnings(warnings));
  }
  return warnings;
}

/** Puts a network into the tables, before its device is there. @throws as {@link restoreFirewall} */
export async function ensureNetworkRules(context: FirewallContext, network: NetworkDevice): Promise<void> {
  if (network.driver !== 'bridge') return;
  if (!(await changeNetwork(firewallNames(context.root), network, 'add'))) await restoreFirewall(context);
  await passForeignForward(bridgesOf([network]));
}

/** Takes a network out of the tables, after its device is gone. */
export async function removeNetworkRules(context: FirewallContext, network: NetworkDevice): Promise<void> {
  // Missing tables, or missing in them: nothing to take out. The rest of it comes with the next restoration.
  if (network.driver !== 'bridge') return;
  await changeNetwork(firewallNames(context.root), network, 'delete');
  for (const bridge of bridgesOf([network])) await leaveForeignForward(bridge);
}
