/** What networks are in the kernel: their devices and rules, and containers that join or leave them while they run. */
import { dirname } from 'node:path';
import { ensureDevice, removeDevice as removeNetworkDevice } from '#network/links/device.ts';
import { joinPlan, type LiveTarget, leavePlan } from '#network/links/live-plan.ts';
import type { Endpoint, NetworkDevice } from '#network/model.ts';
import { redirectOp } from '#network/names/name-ops.ts';
import { publicationsOf } from '#network/ports/port-ops.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan } from '#sys/keeper/plan.ts';
import { applyChanges, linkNamed } from '#sys/netlink/interfaces.ts';
import { hairpinPort } from '#sys/netlink/link.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { openPolicy } from '../ports/firewall-option.ts';
import { noteCleanup } from '../ports/note-cleanup.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { refreshNames } from './container-names.ts';
import { currentEndpoints, endpointsWithout } from './endpoints.ts';
import { isWithoutNetwork, networkFailure } from './network-failure.ts';
import { isPredefined } from './predefined.ts';
import { ensureNetworkRules, removeNetworkRules, restoreFirewall } from './restore-firewall.ts';

/** Makes a network's device; it may be there already. Its rules come first: no packet is to pass without them. */
export async function makeDevice(context: EngineContext, device: NetworkDevice): Promise<void> {
  await ensureNetworkRules(context, device);
  await ensureDevice(device);
}

/** Removes a network's device with what belongs to it; nothing happens when there is none. */
export async function removeDevice(context: EngineContext, device: NetworkDevice): Promise<void> {
  await removeNetworkDevice(device);
  await removeNetworkRules(context, device);
}

function targetOf(context: EngineContext, row: ContainerRow): LiveTarget {
  // Not the container's own: its keeper's files are in there.
  const runDir = dirname(pathsOf(context.root, row.id).runDirectory);
  return { pid: row.pid, startTime: BigInt(row.pidStart), runDir };
}

/** At its gate everything of the plan is done, and nothing of it is needed any more. */
async function carryOut(plan: LaunchPlan): Promise<void> {
  const launched = await launch(plan);
  await launched.abort();
}

/**
 * Puts a running container into a network, with its names.
 *
 * @throws what the kernel says; then the container is as it was
 */
export async function joinLive(context: EngineContext, row: ContainerRow, endpoint: Endpoint): Promise<void> {
  const target = targetOf(context, row);
  const network = context.networks.get(endpoint.network.id);
  const more = network !== undefined && !isPredefined(network.name) ? [redirectOp('child')] : [];
  const plan = joinPlan(target, endpoint, more);
  try {
    try {
      await carryOut(plan);
    } catch (error) {
      if (!isWithoutNetwork(error)) throw error;
      await makeDevice(context, endpoint.network);
      await carryOut(plan);
    }
    await refreshNames(context, row.id);
    await followWayIn(context, row, endpoint);
  } catch (error) {
    // What failed after the interface came into the container's namespace left it there.
    await leaveLive(context, row, endpoint).catch(() => undefined);
    throw networkFailure(error);
  }
}

/** Takes a running container out of a network; its names are brought up to date when the lease is given back. */
export async function leaveLive(context: EngineContext, row: ContainerRow, endpoint: Endpoint): Promise<void> {
  const rest = endpointsWithout(context, row.id, endpoint.network.id);
  await carryOut(leavePlan(targetOf(context, row), endpoint, rest));
}

/**
 * Leads published ports to the container's address in the network that is its way out now. Call when a change of its networks is
 * written down.
 *
 * @param changed what it joined or left
 */
export async function followWayIn(context: EngineContext, row: ContainerRow, changed: Endpoint): Promise<void> {
  const ranges = context.ports.of(row.id);
  if (ranges.length === 0 || !(changed.defaultGateway.v4 || changed.defaultGateway.v6)) return;
  // The keeper may know the ports by the old address.
  context.sql.transaction(() => {
    context.ports.release(row.id);
    for (const range of ranges) context.ports.insert(row.id, range, true);
  });
  for (const { network, hostInterfaceName, defaultGateway } of currentEndpoints(context, row.id)) {
    if (network.driver !== 'bridge' || !(defaultGateway.v4 || defaultGateway.v6)) continue;
    const link = await linkNamed(hostInterfaceName);
    if (link === undefined) continue;
    await applyChanges([{ message: hairpinPort(link.index), about: `let ${hostInterfaceName} reach itself` }]);
  }
  const endpoints = currentEndpoints(context, row.id);
  noteCleanup(context.root, row.id, publicationsOf(endpoints, ranges, openPolicy(context.root)));
  await restoreFirewall(context);
}
