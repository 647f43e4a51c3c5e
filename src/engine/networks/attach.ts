/** Containers that come into a network, or leave it, after they were created. */
import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import type { NetworkConnectRequest, NetworkDisconnectRequest } from '#spec/docker-api/networks.ts';
import { joinedContainer } from '../containers/namespace-mode.ts';
import { settle } from '../containers/settle.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { EndpointRow, NetworkRow } from '../state/network-row.ts';
import { refreshNames } from './container-names.ts';
import { checkedWish, checkTogether } from './endpoint-wishes.ts';
import { currentEndpoints, leaseOne } from './endpoints.ts';
import { findNetwork } from './find-network.ts';
import { followWayIn, joinLive, leaveLive } from './live-networks.ts';
import { attachmentEvent } from './network-events.ts';

const HOST_CONFLICT = 'container cannot be disconnected from host network or connected to host network';
const SHARED =
  'container sharing network namespace with another container or host cannot be connected to any other network';

function refuse(kind: 'invalid' | 'forbidden' | 'conflict', message: string): BerthError {
  return new BerthError(kind, 'network.attach', message);
}

function isRunning(row: ContainerRow): boolean {
  return row.status === 'running' || row.status === 'paused';
}

function readyNetwork(context: EngineContext, ref: string): NetworkRow {
  const network = findNetwork(context, ref);
  if (network.status === 'ready') return network;
  throw new BerthError('not-found', 'network.not-found', `network ${ref} not found`);
}

function checkAlive(row: ContainerRow): void {
  if (row.status !== 'dead' && row.status !== 'removing') return;
  throw refuse(
    'conflict',
    `Container ${row.id} is marked for removal and cannot be connected or disconnected to the network`,
  );
}

/** The place of a container in a network, whatever the network is called now. */
function placeIn(context: EngineContext, containerId: string, network: NetworkRow): EndpointRow | undefined {
  return context.endpoints
    .of(containerId)
    .find((place) => place.network === network.name || place.networkId === network.id);
}

/** Networks that a container of this mode cannot have beside its own. */
function checkMode(row: ContainerRow, network: NetworkRow): void {
  if (network.name === 'host') throw refuse('invalid', HOST_CONFLICT);
  const mode = row.hostConfig.NetworkMode;
  if (mode === 'host' || joinedContainer(mode) !== undefined) throw refuse('invalid', SHARED);
}

function insertPlace(
  context: EngineContext,
  row: ContainerRow,
  network: NetworkRow,
  request: NetworkConnectRequest,
): void {
  const places = context.endpoints.of(row.id);
  const place = placeIn(context, row.id, network);
  if (place !== undefined && isRunning(row)) {
    throw refuse('forbidden', `endpoint with name ${row.name} already exists in network ${network.name}`);
  }
  checkTogether([...places.map(({ network: name }) => name).filter((name) => name !== network.name), network.name]);
  const wish = { ...checkedWish(network, network.name, request.EndpointConfig ?? {}), isLate: true as const };
  if (place !== undefined) context.endpoints.delete(row.id, place.network);
  const position = place?.position ?? Math.max(-1, ...places.map((other) => other.position)) + 1;
  context.endpoints.insert({ containerId: row.id, network: network.name, networkId: '', position, wish });
}

/**
 * Puts a container into a network: at its next start, and at once when it runs.
 *
 * @param containerId full
 * @throws not-found, invalid, forbidden in Docker's words; then nothing has changed
 */
export async function connectContainer(
  context: EngineContext,
  ref: string,
  containerId: string,
  request: NetworkConnectRequest,
): Promise<void> {
  readyNetwork(context, ref);
  using held = await context.locks.acquire(containerId);
  const row = await settle(context, held.row);
  checkAlive(row);
  const network = readyNetwork(context, ref);
  checkMode(row, network);
  const endpoint = context.sql.transaction(() => {
    insertPlace(context, row, network, request);
    return isRunning(row) ? leaseOne(context, row.id, network.name) : undefined;
  });
  fault('network-connect.leased');
  try {
    if (endpoint !== undefined) await joinLive(context, row, endpoint);
  } catch (error) {
    context.sql.transaction(() => {
      context.endpoints.release(row.id, network.id);
      context.endpoints.delete(row.id, network.name);
    });
    throw error;
  }
  fault('network-connect.joined');
  if (isRunning(row)) context.emit(attachmentEvent(network, 'connect', row.id));
  context.feed.announce();
}

/**
 * Takes a container out of a network.
 *
 * @throws not-found, forbidden when it is not in it, in Docker's words
 */
export async function disconnectContainer(
  context: EngineContext,
  ref: string,
  containerId: string,
  request: NetworkDisconnectRequest,
): Promise<void> {
  using held = await context.locks.acquire(containerId);
  const row = await settle(context, held.row);
  checkAlive(row);
  const network = networkToLeave(context, ref, row, request.Force ?? false);
  if (network?.name === 'host' && row.hostConfig.NetworkMode === 'host' && isRunning(row)) {
    throw refuse('invalid', HOST_CONFLICT);
  }
  const place = network === undefined ? placeNamed(context, row.id, ref) : placeIn(context, row.id, network);
  if (place === undefined) {
    const article = isRunning(row) ? '' : 'the ';
    throw refuse('forbidden', `container ${row.id} is not connected to ${article}network ${network?.name ?? ref}`);
  }
  const endpoint = currentEndpoints(context, row.id).find(({ network: { id } }) => id === network?.id);
  if (isRunning(row) && endpoint !== undefined) await leaveLive(context, row, endpoint);
  fault('network-disconnect.left');
  context.sql.transaction(() => {
    if (network !== undefined) context.endpoints.release(row.id, network.id);
    context.endpoints.delete(row.id, place.network);
    if (network !== undefined && isRunning(row)) context.emit(attachmentEvent(network, 'disconnect', row.id));
  });
  if (isRunning(row)) await refreshNames(context, row.id);
  if (isRunning(row) && endpoint !== undefined) await followWayIn(context, row, endpoint);
  context.feed.announce();
}

function placeNamed(context: EngineContext, containerId: string, ref: string): EndpointRow | undefined {
  return context.endpoints.of(containerId).find(({ network, networkId }) => network === ref || networkId === ref);
}

/** A network that is gone may still be left, by force or by a container that does not run. */
function networkToLeave(
  context: EngineContext,
  ref: string,
  row: ContainerRow,
  force: boolean,
): NetworkRow | undefined {
  try {
    return findNetwork(context, ref);
  } catch (error) {
    if (placeNamed(context, row.id, ref) !== undefined && (force || !isRunning(row))) return undefined;
    throw error;
  }
}
