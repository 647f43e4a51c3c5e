/** Driver options of a network as Docker's drivers read them. */
import { BerthError } from '#base/errors.ts';
import { canonicalAddress, parseAddress } from '#base/ip-address.ts';
import type { GatewayMode } from '#network/model.ts';

export type Options = Readonly<Record<string, string>>;

const BRIDGE = 'com.docker.network.bridge.';
export const MTU = 'com.docker.network.driver.mtu';
export const BRIDGE_NAME = `${BRIDGE}name`;
export const INTERFACE_PREFIX = 'com.docker.network.container_iface_prefix';
const HOST_IPV4 = 'com.docker.network.host_ipv4';
const HOST_IPV6 = 'com.docker.network.host_ipv6';
/** Berth's own: whether published ports obey the host's firewall. */
export const FIREWALL = 'berth.firewall';

/** Options that mean something to every driver. */
const GENERAL = [
  MTU,
  INTERFACE_PREFIX,
  'com.docker.network.enable_ipv4',
  'com.docker.network.enable_ipv6',
  HOST_IPV4,
  HOST_IPV6,
];
const OF_DRIVER: Readonly<Record<string, readonly string[]>> = {
  bridge: [
    ...[
      'name',
      'enable_icc',
      'enable_ip_masquerade',
      'host_binding_ipv4',
      'host_binding_ipv6',
      'inhibit_ipv4',
      'default_bridge',
    ].map((name) => BRIDGE + name),
    ...['gateway_mode_ipv4', 'gateway_mode_ipv6', 'trusted_host_interfaces'].map((name) => BRIDGE + name),
    FIREWALL,
  ],
  macvlan: ['parent', 'macvlan_mode'],
  ipvlan: ['parent', 'ipvlan_mode', 'ipvlan_flag'],
};

/** Options that a driver makes nothing of: Docker keeps them without a word. */
export function meaninglessOptions(driver: string, options: Options): string[] {
  const known = [...GENERAL, ...(OF_DRIVER[driver] ?? [])];
  return Object.keys(options).filter((name) => !known.includes(name));
}

function unparsable(name: string, value: string, why: string): BerthError {
  return new BerthError('invalid', 'network.option', `failed to parse ${name} value: ${value} (${why})`);
}

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** A boolean in one of the forms that Go reads. @throws invalid */
export function booleanOption(options: Options, name: string, absent: boolean): boolean {
  const value = options[name];
  if (value === undefined) return absent;
  if (TRUE.includes(value)) return true;
  if (FALSE.includes(value)) return false;
  throw unparsable(name, value, `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}

/** Largest IPv4 packet; what a bridge of the kernel takes. */
const MTU_LIMIT = 65_535;
/** What IPv4 needs everywhere (RFC 791). */
const LEAST_MTU = 68;

/** The size of a packet in bytes; undefined when nothing was said or 0. @throws invalid */
export function mtuOption(options: Options): number | undefined {
  const value = options[MTU];
  if (value === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(value))
    throw unparsable(MTU, value, `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
  const mtu = Number(value);
  if (mtu < 0) throw new BerthError('invalid', 'network.mtu', `invalid MTU number: ${mtu}`);
  if (mtu === 0) return undefined;
  if (mtu < LEAST_MTU || mtu > MTU_LIMIT) {
    throw new BerthError('invalid', 'network.mtu', `invalid MTU number: ${mtu}`, {
      hint: `from ${LEAST_MTU} to ${MTU_LIMIT}`,
    });
  }
  return mtu;
}

/** An address where ports are published when nothing else is said; empty: everywhere. @throws invalid */
export function hostBindingOption(options: Options, family: 4 | 6): string {
  const names = family === 4 ? [`${BRIDGE}host_binding_ipv4`] : [`${BRIDGE}host_binding_ipv6`];
  for (const name of names) {
    const value = options[name];
    if (value === undefined || value === '') continue;
    const address = parseAddress(value);
    if (address === undefined) throw unparsable(name, value, 'nil ip');
    if (address.family !== family) throw unparsable(name, value, `not an IPv${family} address`);
    // Nowhere in particular is everywhere, of both families.
    return address.value === 0n ? '' : canonicalAddress(value)!;
  }
  return '';
}

const MODES: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated'];

/** @throws invalid */
export function gatewayModeOption(options: Options, family: 4 | 6, isInternal: boolean): GatewayMode {
  const name = `${BRIDGE}gateway_mode_ipv${family}`;
  const value = options[name] ?? '';
  if (value === '') return 'nat';
  const mode = MODES.find((known) => known === value);
  if (mode === undefined) throw unparsable(name, value, `unknown gateway mode ${value}`);
  if (mode === 'isolated' && !isInternal) {
    throw new BerthError(
      'invalid',
      'network.gateway-mode',
      "gateway mode 'isolated' can only be used for an internal network",
    );
  }
  return mode;
}

/** Interfaces from which direct routing to containers is allowed; separated by colons. */
export function trustedInterfacesOption(options: Options): string[] {
  return (options[`${BRIDGE}trusted_host_interfaces`] ?? '').split(':').filter((name) => name !== '');
}

/** One of a few words. @throws invalid, in Docker's words */
export function modeOption(
  options: Options,
  name: string,
  driver: string,
  known: readonly string[],
  word: string,
): string {
  const value = options[name] ?? '';
  if (value === '') return known[0]!;
  if (known.includes(value)) return value;
  const isDefault =
    word === 'flag'
      ? `'${known[0]}' is the ${driver} driver default`
      : `'${known[0]}' mode is the ${driver} driver default`;
  throw new BerthError('invalid', 'network.mode', `requested ${driver} ${word} '${value}' is not valid, ${isDefault}`);
}

/** Whether the host's input rules decide about published ports; undefined when nothing was said. @throws invalid */
export function firewallOption(options: Options): 'respect' | 'open' | undefined {
  const value = options[FIREWALL];
  if (value === undefined || value === 'respect' || value === 'open') return value;
  throw unparsable(FIREWALL, value, 'neither respect nor open');
}
