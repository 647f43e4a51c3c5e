/** What networks and published ports are in the table: elements of its sets. */
import type { SetElement } from '#sys/nftables/object.ts';
import type { NetworkDevice, PublishedRange } from '../model.ts';
import { splitRange } from '../ports/split-range.ts';
import { addressBytes, addressKey, interfaceKey, portKey, protocolKey, subnetKeys } from './key.ts';
import { SETS } from './table.ts';

export type SetName = (typeof SETS)[keyof typeof SETS];

/** An element and the set that it belongs to. */
export interface Member {
  readonly set: SetName;
  readonly element: SetElement;
}

/** A range that leads to a container. */
export interface Publication {
  readonly network: NetworkDevice;
  /** The container's address, of the family of `range.hostAddress`. */
  readonly address: string;
  readonly range: PublishedRange;
  /** Reached from outside whatever the host's input rules say. */
  readonly isOpen: boolean;
}

type Family = 4 | 6;

/** What neighbours on a link say to each other without addresses of the subnet: RFC 4291 2.4, RFC 4862 5.4. */
const LINK_SCOPE: Readonly<Record<Family, readonly string[]>> = { 4: [], 6: ['fe80::/10', 'ff00::/8', '::/128'] };

/** Elements for a bridge network in the table of one family; none for drivers without rules. */
export function networkMembers(network: NetworkDevice, family: Family): Member[] {
  if (network.driver !== 'bridge') return [];
  const name = interfaceKey(network.interfaceName);
  const mode = network.bridge.gatewayMode[family === 4 ? 'v4' : 'v6'];
  const masquerades = network.bridge.masquerade[family === 4 ? 'v4' : 'v6'];
  const isClosed = network.internal || mode === 'isolated';
  const own = network.pools.filter((pool) => pool.family === family).map((pool) => subnetKeys(pool.subnet));
  const places = [...own, ...LINK_SCOPE[family].map(subnetKeys)];
  const device = (set: SetName): Member => ({ set, element: { key: name } });
  const pair = (set: SetName, other = name): Member => ({ set, element: { key: Buffer.concat([other, name]) } });
  const placed = (set: SetName, { first, last }: ReturnType<typeof subnetKeys>): Member => ({
    set,
    element: { key: Buffer.concat([first, name]), keyEnd: Buffer.concat([last, name]) },
  });
  return [
    ...places.map((keys) => placed(SETS.subnets, keys)),
    ...(isClosed || !masquerades || mode === 'routed' ? [] : own.map((keys) => placed(SETS.masquerade, keys))),
    pair(network.bridge.interContainer ? SETS.loops : SETS.apart),
    // A bridge that was there before has other users, whose traffic is none of Berth's business.
    ...(network.ownsParent ? [device(SETS.bridges)] : []),
    ...(network.ownsParent && isClosed ? [device(SETS.internal)] : []),
    ...(mode === 'nat-unprotected' ? [device(SETS.direct)] : []),
    ...(mode === 'routed' ? [device(SETS.routed)] : []),
    ...(network.bridge.trustedInterfaces ?? []).map((trusted) => pair(SETS.trusted, interfaceKey(trusted))),
  ];
}

/** One address, or with the unspecified one all of the family. */
function hostAddressEnds(address: string): readonly [first: Buffer, last: Buffer] {
  if (address === '0.0.0.0') return [addressBytes(4, 0n), addressBytes(4, 0xffff_ffffn)];
  if (address === '::') return [addressBytes(6, 0n), addressBytes(6, (1n << 128n) - 1n)];
  return [addressKey(address), addressKey(address)];
}

function portsOf(
  [first, last]: readonly [Buffer, Buffer],
  protocol: PublishedRange['protocol'],
  port: number,
  count: number,
): Pick<SetElement, 'key' | 'keyEnd'> {
  const number = protocolKey(protocol);
  return {
    key: Buffer.concat([first, number, portKey(port)]),
    keyEnd: Buffer.concat([last, number, portKey(port + count - 1)]),
  };
}

/** Elements of a published range, in the table of its address's family. Nothing is published from a network without ways in. */
export function publicationMembers({ network, address, range, isOpen }: Publication): Member[] {
  const { protocol, hostAddress, hostPort, containerPort, count } = range;
  const mode = network.bridge.gatewayMode[hostAddress.includes(':') ? 'v6' : 'v4'];
  if (network.internal || mode === 'isolated') return [];
  const inside = addressKey(address);
  if (mode === 'routed') {
    return [{ set: SETS.reachable, element: portsOf([inside, inside], protocol, containerPort, count) }];
  }
  const outside = hostAddressEnds(hostAddress);
  const all = portsOf(outside, protocol, hostPort, count);
  const access: Member = { set: isOpen ? SETS.open : SETS.guarded, element: all };
  if (hostPort === containerPort && count > 1) {
    return [access, { set: SETS.ranges, element: { ...all, data: inside } }];
  }
  const pieces = splitRange(hostPort, containerPort, count).map((piece): Member => {
    const data = Buffer.concat([inside, portKey(piece.low), portKey(piece.high)]);
    return { set: SETS.ports, element: { ...portsOf(outside, protocol, piece.hostPort, piece.count), data } };
  });
  return [access, ...pieces];
}

/** Members by their sets, in the order in which the sets came first. */
export function bySet(members: readonly Member[]): Map<SetName, SetElement[]> {
  const sets = new Map<SetName, SetElement[]>();
  for (const { set, element } of members) {
    const elements = sets.get(set);
    if (elements === undefined) sets.set(set, [element]);
    else elements.push(element);
  }
  return sets;
}
