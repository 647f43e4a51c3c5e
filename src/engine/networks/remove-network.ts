import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { shortId } from '#base/ids.ts';
import type { EngineContext } from '../context.ts';
import type { NetworkRow } from '../state/network-row.ts';
import { currentBoot, isProcessAlive, isTokenAlive } from '../state/process-token.ts';
import { releaseSubnets } from '../state/subnet-registry.ts';
import { findNetwork } from './find-network.ts';
import { removeDevice } from './live-networks.ts';
import { networkEvent } from './network-events.ts';
import { ensurePredefined, isOutdated, isPredefined } from './predefined.ts';

function refuse(message: string): BerthError {
  return new BerthError('forbidden', 'network.remove', message);
}

function inRemoval(message: string): BerthError {
  return refuse(`error while removing network: ${message}`);
}

/** Running containers in a network; those whose keeper was killed do not run, whatever their row says. */
function activeEndpoints(context: EngineContext, id: string) {
  return context.endpoints.activeIn(id).filter(({ containerId }) => {
    const row = context.containers.get(containerId);
    if (row === undefined || row.status === 'starting') return row !== undefined;
    if (row.status !== 'running' && row.status !== 'paused') return false;
    return row.bootId === currentBoot() && isProcessAlive(row.keeperPid, row.keeperStart);
  });
}

/** @throws forbidden, with Docker's words, while something needs the network */
function checkUnused(context: EngineContext, row: NetworkRow): void {
  if (isPredefined(row.name)) throw refuse(`${row.name} is a pre-defined network and cannot be removed`);
  if (row.spec.configOnly && context.networks.all().some(({ spec }) => spec.configFrom === row.name)) {
    throw inRemoval(`configuration network "${row.name}" is in use`);
  }
  const active = activeEndpoints(context, row.id);
  if (active.length === 0) return;
  const list = active.map(
    ({ containerName, lease }) => `name:"${containerName}" id:"${shortId(lease?.endpointId ?? '')}"`,
  );
  throw inRemoval(`network ${row.name} has active endpoints (${list.join(', ')})`);
}

/**
 * Removes a network. It is marked first, so that no container can start in it; then its device goes, then its row. Killed in
 * between, the next command about networks goes on.
 *
 * @throws not-found, forbidden
 */
export async function removeNetwork(context: EngineContext, ref: string): Promise<void> {
  await sweepNetworks(context);
  const row = context.sql.transaction(() => {
    const found = findNetwork(context, ref);
    if (found.status === 'removing') throw new BerthError('not-found', 'network.not-found', `network ${ref} not found`);
    checkUnused(context, found);
    context.networks.markRemoving(found.id, context.token);
    return found;
  });
  fault('network-remove.marked');
  await finishRemoval(context, row);
}

async function finishRemoval(context: EngineContext, row: NetworkRow): Promise<void> {
  if (row.device !== null) await removeDevice(context, row.device);
  fault('network-remove.device');
  context.sql.transaction(() => {
    context.endpoints.forgetNetwork(row.id);
    context.networks.delete(row.id);
    context.emit(networkEvent(row, 'destroy'));
  });
  fault('network-remove.deleted');
  releaseSubnets(context.root, row.id);
  context.feed.announce();
}

/**
 * Makes the network `bridge` anew when the settings want it otherwise than it is. Containers that do not run are in the new one at
 * their next start.
 *
 * @returns false when it must stay as it is, because containers run in it
 */
export async function renewDefaultBridge(context: EngineContext): Promise<boolean> {
  await sweepNetworks(context);
  const outdated = context.sql.transaction(() => {
    const row = context.networks.named('bridge');
    if (row === undefined || row.status === 'removing' || !isOutdated(context, row)) return undefined;
    if (activeEndpoints(context, row.id).length > 0) return 'in use';
    context.networks.markRemoving(row.id, context.token);
    return row;
  });
  if (outdated === 'in use') return false;
  if (outdated !== undefined) await finishRemoval(context, outdated);
  ensurePredefined(context);
  return true;
}

/** Waits until nobody is removing a network of that name any more; does it when the remover is dead. */
export async function settleNetwork(context: EngineContext, name: string): Promise<void> {
  for (;;) {
    const row = context.networks.named(name);
    if (row?.status !== 'removing') return;
    if (isTokenAlive(row.remover)) await context.feed.next();
    else await finishRemoval(context, row);
  }
}

/** Goes on with removals whose process died. */
export async function sweepNetworks(context: EngineContext): Promise<void> {
  for (const row of context.networks.removing()) {
    if (!isTokenAlive(row.remover)) await finishRemoval(context, row);
  }
}
