/** What networks are in the kernel: their devices and rules, and containers that join or leave them while they run. */
import { BerthError } from '#base/errors.ts';
import { ensureDevice, removeDevice as removeNetworkDevice } from '#network/links/device.ts';
import type { Endpoint, NetworkDevice } from '#network/model.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';

/** Makes a network's device; it may be there already. */
export async function makeDevice(_context: EngineContext, device: NetworkDevice): Promise<void> {
  await ensureDevice(device);
}

/** Removes a network's device with what belongs to it; nothing happens when there is none. */
export async function removeDevice(_context: EngineContext, device: NetworkDevice): Promise<void> {
  await removeNetworkDevice(device);
}

/** Puts a running container into a network. */
export async function joinLive(_context: EngineContext, _row: ContainerRow, _endpoint: Endpoint): Promise<void> {
  throw new BerthError('unsupported', 'network.live', 'connecting a running container is not supported yet');
}

/** Takes a running container out of a network. */
export async function leaveLive(_context: EngineContext, _row: ContainerRow, _endpoint: Endpoint): Promise<void> {
  throw new BerthError('unsupported', 'network.live', 'disconnecting a running container is not supported yet');
}
