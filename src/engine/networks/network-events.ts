import type { EngineContext, EngineEvent } from '../context.ts';
import type { NetworkRow } from '../state/network-row.ts';

/** An event about a network with the attributes Docker gives. */
export function networkEvent(row: Pick<NetworkRow, 'id' | 'name' | 'driver'>, action: string): EngineEvent {
  return { type: 'network', action, id: row.id, attributes: { name: row.name, type: row.driver } };
}

/** A container came into a network, or left it. */
export function attachmentEvent(
  row: Pick<NetworkRow, 'id' | 'name' | 'driver'>,
  action: 'connect' | 'disconnect',
  containerId: string,
): EngineEvent {
  const attributes = { container: containerId, name: row.name, type: row.driver };
  return { type: 'network', action, id: row.id, attributes };
}

/** A container came into all its networks by its start, or left them by its end. Call while it has its leases. */
export function attachmentEvents(
  context: Pick<EngineContext, 'networks' | 'endpoints'>,
  action: 'connect' | 'disconnect',
  containerId: string,
  timeNs: bigint,
): EngineEvent[] {
  return context.endpoints.of(containerId).flatMap(({ lease, networkId }) => {
    const network = lease === null ? undefined : context.networks.get(networkId);
    return network === undefined ? [] : [{ ...attachmentEvent(network, action, containerId), timeNs }];
  });
}
