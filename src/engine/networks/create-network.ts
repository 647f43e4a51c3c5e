import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { newId } from '#base/ids.ts';
import { nowNs } from '#base/time.ts';
import type { AddressPool } from '#network/model.ts';
import type { IpamConfig, NetworkCreateRequest, NetworkCreateResponse } from '#spec/docker-api/networks.ts';
import type { EngineContext } from '../context.ts';
import type { NetworkRow } from '../state/network-row.ts';
import { releaseSubnets } from '../state/subnet-registry.ts';
import { claimPools } from './claim-pools.ts';
import { draftNetwork, type NetworkDraft } from './draft-network.ts';
import { meaninglessOptions } from './driver-options.ts';
import { makeDevice } from './live-networks.ts';
import { deviceOf, planInterface, poolsWanted } from './network-device.ts';
import { networkEvent } from './network-events.ts';
import { ensurePredefined } from './predefined.ts';
import { settleNetwork, sweepNetworks } from './remove-network.ts';

/** Lines of `IPAM.Config`: what the user said, then what was chosen for families that he said nothing about. */
function shownConfig(draft: NetworkDraft, pools: readonly AddressPool[]): IpamConfig[] {
  const said = draft.spec.ipam.config ?? [];
  const chosen = pools.filter((_, i) => draft.wants[i]?.subnet === undefined);
  return [
    ...said,
    ...chosen.map(({ subnet, gateway }) => ({
      Subnet: subnet,
      ...(gateway === undefined ? {} : { Gateway: gateway }),
    })),
  ];
}

/** Decides what depends on other networks, and writes the row. Call in a transaction. */
function insertNetwork(context: EngineContext, draft: NetworkDraft, id: string): NetworkRow {
  const others = context.networks.all();
  if (others.some(({ name }) => name === draft.name)) {
    throw new BerthError('conflict', 'network.exists', `network with name ${draft.name} already exists`);
  }
  const base = { id, name: draft.name, createdNs: nowNs(), driver: draft.driver };
  const row = draft.spec.configOnly
    ? { ...base, spec: draft.spec, device: null }
    : { ...base, ...withDevice(context, draft, id, others) };
  context.networks.insert(row);
  context.emit(networkEvent(row, 'create'));
  return { ...row, status: 'ready', remover: '' };
}

function withDevice(
  context: EngineContext,
  draft: NetworkDraft,
  id: string,
  others: readonly NetworkRow[],
): Pick<NetworkRow, 'spec' | 'device'> {
  const planned = planInterface(draft, id, others);
  // Before anything is claimed: options that mean nothing are found by this.
  deviceOf(draft, id, planned, []);
  const request = {
    networkId: id,
    interfaceName: planned.name,
    wants: poolsWanted(draft),
    isBridged: draft.driver === 'bridge',
  };
  const pools = claimPools(context, request, others);
  const ipam = { ...draft.spec.ipam, config: shownConfig(draft, pools) };
  return { spec: { ...draft.spec, ipam }, device: deviceOf(draft, id, planned, pools) };
}

/** Options that the settings have for networks of a driver; what the request says itself wins. */
function withDefaultOptions(context: EngineContext, request: NetworkCreateRequest): NetworkCreateRequest {
  const usual = context.options.defaults?.().networkOptions[request.Driver || 'bridge'];
  if (usual === undefined || request.ConfigOnly || request.ConfigFrom?.Network) return request;
  return { ...request, Options: { ...usual, ...request.Options } };
}

/**
 * Makes a network: its row first, which claims name and addresses, then its device. A process that dies in between leaves a
 * network whose device is made when the first container needs it.
 */
export async function createNetwork(
  context: EngineContext,
  request: NetworkCreateRequest,
): Promise<NetworkCreateResponse> {
  await sweepNetworks(context);
  await settleNetwork(context, request.Name ?? '');
  ensurePredefined(context);
  const draft = draftNetwork(withDefaultOptions(context, request), (name) => {
    const found = context.networks.named(name);
    return found?.spec.configOnly && found.status === 'ready' ? found : undefined;
  });
  const id = newId();
  const row = context.sql.transaction(() => insertNetwork(context, draft, id));
  fault('network-create.inserted');
  try {
    if (row.device !== null) await makeDevice(context, row.device);
  } catch (error) {
    // It never was: not even its event stays, for nobody can have seen more than a name.
    context.sql.transaction(() => {
      context.networks.delete(id);
      context.emit(networkEvent(row, 'destroy'));
    });
    releaseSubnets(context.root, id);
    throw error;
  } finally {
    context.feed.announce();
  }
  const ignored = draft.spec.configOnly ? [] : meaninglessOptions(draft.driver, draft.spec.options);
  const Warning =
    ignored.length === 0 ? '' : `options that mean nothing to the driver ${draft.driver}: ${ignored.join(', ')}`;
  return { Id: id, Warning };
}
