/** How a container comes into its networks when it starts: what it has leased there as ops of the launch plan. */
import { BerthError, isBerthError } from '#base/errors.ts';
import { endpointOps } from '#network/links/endpoint-ops.ts';
import type { Endpoint, PublishedRange } from '#network/model.ts';
import type { NamesStart } from '#network/names/name-ops.ts';
import type { LaunchOptions } from '#runtime/plan/launch-options.ts';
import { hasOwnNetwork } from '../containers/namespace-mode.ts';
import type { EngineContext } from '../context.ts';
import { portPart } from '../ports/port-part.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { prepareNames } from './container-names.ts';

/** The part of a launch plan that networks have. */
export type NetworkPart = Pick<
  LaunchOptions,
  'network' | 'networkInside' | 'networkSettle' | 'networkAnnounce' | 'networkCleanup' | 'names'
>;

/**
 * What a start does for the container's networks.
 *
 * @param endpoints what it has leased
 * @param ranges what it publishes
 */
export function networkPart(
  context: EngineContext,
  row: ContainerRow,
  endpoints: readonly Endpoint[],
  ranges: readonly PublishedRange[],
): NetworkPart {
  if (!hasOwnNetwork(row.hostConfig)) return {};
  if (row.hostConfig.NetworkMode === 'none' && endpoints.length === 0) {
    // Nothing can come to it while it runs, and its files were written when it was created, unless it was in networks since.
    if (row.starts > 0) prepareNames(context, row, 'none');
    return {};
  }
  const links = endpoints.map(endpointOps);
  const ports = portPart(context, row.id, endpoints, ranges);
  const names = prepareNames(context, row, guardFor(endpoints, ranges));
  return {
    network: [...links.flatMap(({ outside }) => outside), ...ports.ops, ...names.ops],
    networkInside: links.flatMap(({ inside }) => inside),
    networkSettle: links.flatMap(({ settle }) => settle),
    networkAnnounce: links.flatMap(({ announce }) => announce),
    networkCleanup: [...names.cleanup, ...ports.cleanup, ...links.flatMap(({ cleanup }) => cleanup)],
    names: names.names,
  };
}

/** Rules that somebody flushes are put back: at once where ports depend on them, soon enough for what runs longer. */
function guardFor(endpoints: readonly Endpoint[], ranges: readonly PublishedRange[]): NamesStart['guard'] {
  if (ranges.length > 0) return 'at-once';
  return endpoints.some(({ network }) => network.driver === 'bridge') ? 'soon' : 'none';
}

/** The same for a container that only might be: without files and names. */
export function networkPreview(
  context: Pick<EngineContext, 'root'>,
  row: ContainerRow,
  endpoints: readonly Endpoint[],
  ranges: readonly PublishedRange[],
): NetworkPart {
  if (!hasOwnNetwork(row.hostConfig)) return {};
  const links = endpoints.map(endpointOps);
  const ports = portPart(context, row.id, endpoints, ranges);
  return {
    network: [...links.flatMap(({ outside }) => outside), ...ports.ops],
    networkInside: links.flatMap(({ inside }) => inside),
    networkSettle: links.flatMap(({ settle }) => settle),
    networkAnnounce: links.flatMap(({ announce }) => announce),
    networkCleanup: [...ports.cleanup, ...links.flatMap(({ cleanup }) => cleanup)],
  };
}

/** Makes what the networks of a container need on the host. Loaded when it is missing. */
export async function makeNetworks(context: EngineContext, endpoints: readonly Endpoint[]): Promise<void> {
  const { makeDevice } = await import('./live-networks.ts');
  const { restoreFirewall } = await import('./restore-firewall.ts');
  const seen = new Set<string>();
  // Before the devices: these have settings that are only safe behind the rules.
  if (endpoints.some(({ network }) => network.driver === 'bridge')) await inSetup(() => restoreFirewall(context));
  for (const { network } of endpoints) {
    if (seen.has(network.id)) continue;
    seen.add(network.id);
    await inSetup(() => makeDevice(context, network));
  }
}

/** Docker puts the same words before whatever keeps a container out of its networks. */
async function inSetup(make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (!isBerthError(error)) throw error;
    const { kind, code, message, hint } = error;
    const more = hint === undefined ? { cause: error } : { cause: error, hint };
    throw new BerthError(kind, code, `failed to set up container networking: ${message}`, more);
  }
}
