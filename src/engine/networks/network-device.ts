/** From a checked request to what the kernel shall have. */
import { BerthError } from '#base/errors.ts';
import { bridgeName, placeholderName } from '#network/device-names.ts';
import type { AddressPool, NetworkDevice } from '#network/model.ts';
import { hasInterface } from '#sys/host-routes.ts';
import type { NetworkRow } from '../state/network-row.ts';
import { bridgeDevice } from './bridge-device.ts';
import type { PoolWish } from './claim-pools.ts';
import type { NetworkDraft } from './draft-network.ts';
import { BRIDGE_NAME, gatewayModeOption, INTERFACE_PREFIX, modeOption, mtuOption } from './driver-options.ts';
import { INTERFACE_NAME_BYTES, isInterfaceName } from './endpoint-options.ts';

function refuse(kind: 'invalid' | 'forbidden', message: string, hint?: string): BerthError {
  return new BerthError(kind, 'network.device', message, hint === undefined ? {} : { hint });
}

/** The interface a network is about, before it has addresses. */
export interface PlannedInterface {
  readonly name: string;
  /** Made by Berth, and removed with the network. */
  readonly isOwn: boolean;
}

function checkInterfaceName(name: string, what: string): void {
  if (isInterfaceName(name)) return;
  throw refuse(
    'invalid',
    `invalid ${what} name: ${JSON.stringify(name)}`,
    `at most ${INTERFACE_NAME_BYTES} bytes, without spaces, "/" and ":"`,
  );
}

function planBridge(draft: NetworkDraft, id: string, others: readonly NetworkRow[]): PlannedInterface {
  const wished = draft.spec.options[BRIDGE_NAME] ?? '';
  const name = wished === '' ? bridgeName(id) : wished;
  checkInterfaceName(name, 'bridge');
  const same = others.find(({ driver, device }) => driver === 'bridge' && device?.interfaceName === name);
  if (same !== undefined) {
    throw refuse(
      'forbidden',
      `cannot create network ${id} (${name}): conflicts with network ${same.id} (${name}): networks have same bridge name`,
    );
  }
  for (const family of [4, 6] as const) {
    if (draft.wants.filter((wish) => wish.family === family).length > 1) {
      throw refuse('forbidden', "bridge driver doesn't support multiple subnets");
    }
  }
  return { name, isOwn: wished === '' || !hasInterface(name) };
}

const VLANS = 4094;

/** The parent of macvlan and ipvlan networks: the user's, a VLAN on it that Berth makes, or a placeholder that leads nowhere. */
function planParent(draft: NetworkDraft, id: string, others: readonly NetworkRow[]): PlannedInterface {
  const wished = draft.spec.options['parent'] ?? '';
  const name = wished === '' ? placeholderName(id) : wished;
  checkInterfaceName(name, 'parent interface');
  if (name === 'lo')
    throw refuse('invalid', 'loopback interface is not a valid macvlan parent link'.replace('macvlan', draft.driver));
  const same = others.find(({ driver, device }) => driver !== 'bridge' && device?.interfaceName === name);
  if (same !== undefined) {
    throw refuse(
      'forbidden',
      `network ${placeholderName(same.id)} is already using parent interface ${name}`,
      `the network is ${same.name}`,
    );
  }
  if (wished !== '' && !hasInterface(name)) checkVlan(name);
  return { name, isOwn: wished === '' || !hasInterface(name) };
}

function checkVlan(name: string): void {
  const [parent = '', vlan, ...more] = name.split('.');
  if (vlan === undefined || more.length > 0 || parent === '' || !/^\d+$/.test(vlan)) {
    throw refuse(
      'invalid',
      `invalid subinterface vlan name ${name}, example formatting is eth0.10`,
      `there is no interface ${name}`,
    );
  }
  if (Number(vlan) < 1 || Number(vlan) > VLANS) {
    throw refuse('invalid', `vlan id must be between 1-${VLANS}, received: ${Number(vlan)}`);
  }
  if (!hasInterface(parent)) throw refuse('invalid', `failed to find master interface ${parent} on the host`);
}

/**
 * Decides on the network's interface.
 *
 * @throws invalid or forbidden, in Docker's words, for names that cannot be or are another network's
 */
export function planInterface(draft: NetworkDraft, id: string, others: readonly NetworkRow[]): PlannedInterface {
  const prefix = draft.spec.options[INTERFACE_PREFIX];
  if (prefix !== undefined && (prefix === '' || !isInterfaceName(`${prefix}1000`) || /^lo\d*$/.test(prefix))) {
    throw refuse(
      'invalid',
      `invalid interface prefix: ${JSON.stringify(prefix)}`,
      'at most 11 bytes, without spaces, "/" and ":"',
    );
  }
  return draft.driver === 'bridge' ? planBridge(draft, id, others) : planParent(draft, id, others);
}

const MACVLAN_MODES = ['bridge', 'private', 'vepa', 'passthru'];
const IPVLAN_MODES = ['l2', 'l3', 'l3s'];
const IPVLAN_FLAGS = ['bridge', 'private', 'vepa'];

/** Options of a driver that do not depend on addresses are read first, so that a wrong one claims nothing. */
function modesOf({ driver, spec: { options } }: NetworkDraft): { readonly mode: string; readonly flag?: string } {
  if (driver === 'macvlan') return { mode: modeOption(options, 'macvlan_mode', driver, MACVLAN_MODES, 'mode') };
  if (driver === 'bridge') return { mode: '' };
  return {
    mode: modeOption(options, 'ipvlan_mode', driver, IPVLAN_MODES, 'mode'),
    flag: modeOption(options, 'ipvlan_flag', driver, IPVLAN_FLAGS, 'flag'),
  };
}

/** The subnets to claim: networks whose bridge has no address, or where nothing is routed to a neighbour, need no gateway. */
export function poolsWanted(draft: NetworkDraft): PoolWish[] {
  const { driver, spec, wants } = draft;
  const { mode } = modesOf(draft);
  return wants.map((wish) => {
    const isolated = driver === 'bridge' && gatewayModeOption(spec.options, wish.family, spec.internal) === 'isolated';
    const direct = driver === 'ipvlan' && mode !== 'l2';
    return isolated || direct ? { ...wish, withoutGateway: true } : wish;
  });
}

/** @throws invalid for options that mean nothing, with Docker's words */
export function deviceOf(
  draft: NetworkDraft,
  id: string,
  { name, isOwn }: PlannedInterface,
  pools: readonly AddressPool[],
): NetworkDevice {
  const { options, internal } = draft.spec;
  if (draft.driver === 'bridge') return bridgeDevice({ id, interfaceName: name, internal, pools, options, isOwn });
  const mtu = mtuOption(options);
  const { bridge } = bridgeDevice({ id, interfaceName: name, internal: false, pools, options: {} });
  return {
    id,
    driver: draft.driver === 'macvlan' ? 'macvlan' : 'ipvlan',
    interfaceName: name,
    ownsParent: isOwn,
    ...(mtu === undefined ? {} : { mtu }),
    ...modesOf(draft),
    // A placeholder leads nowhere.
    internal: internal || (options['parent'] ?? '') === '',
    pools,
    bridge,
  };
}
