/** What the settings say about containers, networks and registries: docker's keys as the engine's defaults. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { BerthError, messageOf } from '#base/errors.ts';
import { formatSubnet, masked, parseSubnet } from '#base/ip-subnet.ts';
import { parseSize } from '#base/units.ts';
import { checkInsecure, checkMirror } from '#distribution/registry/check-settings.ts';
import { adaptHostConfig } from '#engine/containers/adapt-host-config.ts';
import { checkHostConfig } from '#engine/containers/check-host-config.ts';
import { withDefaults } from '#engine/containers/default-host-config.ts';
import { checkRuntime } from '#engine/containers/runtime-name.ts';
import type { BridgeDefaults, EngineDefaults } from '#engine/defaults.ts';
import { bridgeDevice } from '#engine/networks/bridge-device.ts';
import { checkSubnets } from '#network/ipam/check-config.ts';
import { poolSources } from '#network/ipam/pool-sources.ts';
import type { HostConfig, Ulimit } from '#spec/docker-api/containers.ts';
import type { RuntimeInfo } from '#spec/docker-api/system.ts';
import type { ConfigValues } from './setting-keys.ts';

const BRIDGE = 'com.docker.network.bridge.';

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'daemon.config', message);
}

function sizeOf(value: string | number): number {
  const bytes = typeof value === 'number' ? value : parseSize(value, 1024);
  if (Number.isNaN(bytes) || bytes < 0) throw invalid(`invalid default-shm-size: ${value}`);
  return bytes;
}

function ulimitsOf(values: NonNullable<ConfigValues['default-ulimits']>): Ulimit[] {
  return Object.entries(values).map(([key, { Name = key, Hard, Soft, ...others }]) => {
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw invalid(`default-ulimits: ${key} has no ${unknown}`);
    if (Name !== key) throw invalid(`default-ulimits: ${key} has the name ${String(Name)}`);
    if (!Number.isInteger(Soft) || (Hard !== undefined && !Number.isInteger(Hard)))
      throw invalid(`default-ulimits: wanted numbers as Soft and Hard of ${key}`);
    return { Name: key, Soft: Number(Soft), Hard: Number(Hard ?? Soft) };
  });
}

function runtimesOf(values: NonNullable<ConfigValues['runtimes']>): Readonly<Record<string, RuntimeInfo>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { path, runtimeArgs = [], ...others }]) => {
      const [unknown] = Object.keys(others);
      if (name === 'berth') throw invalid('runtimes: "berth" is the name of the runtime that is built in');
      if (unknown !== undefined)
        throw invalid(`runtimes: ${unknown} of ${name} is not supported, only path and runtimeArgs`);
      if (typeof path !== 'string' || path === '') throw invalid(`runtimes: ${name} has no path`);
      const isList = Array.isArray(runtimeArgs) && runtimeArgs.every((each) => typeof each === 'string');
      if (!isList) throw invalid(`runtimes: runtimeArgs of ${name} is no list of strings`);
      return [name, { path, runtimeArgs: runtimeArgs as string[] }];
    }),
  );
}

/** A default profile as a security option. */
function seccompOption(value: string): string[] {
  if (value === '' || value === 'builtin') return [];
  if (value === 'unconfined') return ['seccomp=unconfined'];
  try {
    return [`seccomp=${JSON.stringify(JSON.parse(readFileSync(value, 'utf8')))}`];
  } catch (error) {
    throw invalid(`opening seccomp profile (${value}) failed: ${messageOf(error)}`);
  }
}

/** The address and range of one family, checked. */
function familyOf(family: 4 | 6, own: string | undefined, range: string | undefined) {
  if (own === undefined && range === undefined) return {};
  const names = family === 4 ? ['bip', 'fixed-cidr'] : ['bip6', 'fixed-cidr-v6'];
  const address = own ?? range ?? '';
  const subnet = parseSubnet(address);
  if (subnet?.family !== family)
    throw invalid(
      `${own === undefined ? names[1] : names[0]}: ${address} is no address of IPv${family} with a prefix length`,
    );
  const parent = formatSubnet(masked(subnet));
  const gateway = own === undefined ? '' : own.slice(0, own.lastIndexOf('/'));
  const complaint = checkSubnets([{ subnet: parent, range: range ?? '', gateway, reserved: {} }], [family]);
  if (complaint !== undefined) throw invalid(`${names.join(', ')}: ${complaint}`);
  return family === 4
    ? { ipv4: own ?? parent, ...(range === undefined ? {} : { range4: range }) }
    : { ipv6: own ?? parent, ...(range === undefined ? {} : { range6: range }) };
}

function bridgeOf(values: ConfigValues): BridgeDefaults {
  const { mtu, icc, ip } = values;
  if (ip !== undefined && isIP(ip) !== 4) throw invalid(`ip: ${ip} is no IPv4 address`);
  const enableIPv6 = values.ipv6 ?? false;
  if (!enableIPv6 && (values['fixed-cidr-v6'] ?? values.bip6) !== undefined)
    throw invalid('fixed-cidr-v6 and bip6 need "ipv6": true');
  const options = {
    ...(mtu === undefined || mtu === 0 ? {} : { 'com.docker.network.driver.mtu': String(mtu) }),
    ...(icc === undefined ? {} : { [`${BRIDGE}enable_icc`]: String(icc) }),
    ...(values['ip-masq'] === undefined ? {} : { [`${BRIDGE}enable_ip_masquerade`]: String(values['ip-masq']) }),
    ...(ip === undefined ? {} : { [`${BRIDGE}host_binding_ipv4`]: ip }),
  };
  bridgeDevice({ id: '', interfaceName: '', internal: false, pools: [], options });
  return {
    enableIPv6,
    options,
    ...familyOf(4, values.bip, values['fixed-cidr']),
    ...(enableIPv6 ? familyOf(6, values.bip6, values['fixed-cidr-v6']) : {}),
  };
}

function networkOptionsOf(values: NonNullable<ConfigValues['default-network-opts']>) {
  for (const [driver, options] of Object.entries(values)) {
    if (!['bridge', 'macvlan', 'ipvlan'].includes(driver))
      throw invalid(`default-network-opts: there is no driver ${driver}`);
    for (const [name, value] of Object.entries(options))
      if (typeof value !== 'string') throw invalid(`default-network-opts: ${name} of ${driver} is no string`);
  }
  return values as EngineDefaults['networkOptions'];
}

/** The fields of a host configuration that settings have. */
function hostOf(values: ConfigValues): Partial<HostConfig> {
  const given = <T>(value: T | undefined, field: (value: T) => Partial<HostConfig>): Partial<HostConfig> =>
    value === undefined ? {} : field(value);
  const logs = values['log-driver'] ?? values['log-opts'];
  return {
    ...given(logs, () => ({
      LogConfig: { Type: values['log-driver'] || 'json-file', Config: values['log-opts'] ?? {} },
    })),
    ...given(values['default-shm-size'], (value) => ({ ShmSize: sizeOf(value) })),
    ...given(values['default-ulimits'], (value) => ({ Ulimits: ulimitsOf(value) })),
    ...given(values['cgroup-parent'], (value) => ({ CgroupParent: value })),
    ...given(values['default-ipc-mode'], (value) => ({ IpcMode: value })),
    ...given(values['default-cgroupns-mode'], (value) => ({ CgroupnsMode: value })),
    ...given(values['default-runtime'], (value) => ({ Runtime: value })),
    ...given(values.init, (value) => ({ Init: value })),
    ...given(values.dns, (value) => ({ Dns: value })),
    ...given(values['dns-opts'], (value) => ({ DnsOptions: value })),
    ...given(values['dns-search'], (value) => ({ DnsSearch: value })),
  };
}

function hostGatewaysOf(values: ConfigValues): string[] {
  const one = values['host-gateway-ip'];
  const all = [...(one === undefined || one === '' ? [] : [one]), ...(values['host-gateway-ips'] ?? [])];
  for (const address of all) if (isIP(address) === 0) throw invalid(`invalid host gateway IP address: ${address}`);
  return all;
}

function registriesOf(values: ConfigValues): EngineDefaults['registries'] {
  const part = <T>(name: string, value: T | undefined) => (value === undefined ? {} : { [name]: value });
  if (values['max-download-attempts'] === 0) throw invalid('invalid max download attempts: 0');
  return {
    ...part('mirrors', values['registry-mirrors']?.map(checkMirror)),
    ...part('insecure', values['insecure-registries']?.map(checkInsecure)),
    ...part('downloads', values['max-concurrent-downloads']),
    ...part('uploads', values['max-concurrent-uploads']),
    ...part('attempts', values['max-download-attempts']),
  };
}

function proxiesOf(values: ConfigValues): EngineDefaults['proxies'] {
  const { 'http-proxy': http, 'https-proxy': https, 'no-proxy': none, ...others } = values.proxies ?? {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`proxies: there is no ${unknown}`);
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(none === undefined ? {} : { none }),
  };
}

/** What a container that says nothing would be is checked as if somebody had said it. */
function checkDefaults(defaults: EngineDefaults): void {
  const host = adaptHostConfig(withDefaults({ NetworkMode: 'none' }, defaults));
  try {
    checkRuntime(host.Runtime, defaults.runtimes);
    checkHostConfig(host, { hostname: '', exposesPorts: false, apparmorEnabled: false });
  } catch (error) {
    throw invalid(`unusable for containers: ${messageOf(error)}`);
  }
}

/**
 * The engine's part of the settings.
 *
 * @throws invalid for values that mean nothing
 */
export function engineDefaults(values: ConfigValues): EngineDefaults {
  let addressPools: EngineDefaults['addressPools'];
  try {
    addressPools = poolSources(values['default-address-pools'] ?? []);
  } catch (error) {
    throw invalid(`default-address-pools: ${messageOf(error)}`);
  }
  const defaults: EngineDefaults = {
    host: hostOf(values),
    securityOptions: [
      ...seccompOption(values['seccomp-profile'] ?? ''),
      ...(values['no-new-privileges'] === true ? ['no-new-privileges'] : []),
    ],
    hostGateways: hostGatewaysOf(values),
    runtimes: runtimesOf(values.runtimes ?? {}),
    addressPools,
    networkOptions: networkOptionsOf(values['default-network-opts'] ?? {}),
    bridge: bridgeOf(values),
    registries: registriesOf(values),
    proxies: proxiesOf(values),
  };
  checkDefaults(defaults);
  return defaults;
}
