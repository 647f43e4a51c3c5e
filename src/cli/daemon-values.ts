/** The daemon's flags in the shapes that its configuration file has. */
import { messageOf } from '#base/errors.ts';
import { readBool } from './flag-values.ts';
import type { ParsedFlags } from './parsed-flags.ts';

const TEXTS = [
  ...['bip', 'bip6', 'cgroup-parent', 'data-root', 'default-cgroupns-mode', 'default-ipc-mode', 'default-runtime'],
  ...['default-shm-size', 'fixed-cidr', 'fixed-cidr-v6', 'group', 'ip', 'log-driver', 'log-format', 'log-level'],
  ...['metrics-addr', 'min-api-version', 'pidfile', 'seccomp-profile', 'storage-driver'],
  ...['tlscacert', 'tlscert', 'tlskey'],
];
const SWITCHES = [
  ...['debug', 'experimental', 'icc', 'init', 'ip-forward', 'ip-masq', 'ip6tables', 'iptables', 'ipv6'],
  ...['live-restore', 'no-new-privileges', 'tls', 'tlsverify', 'userland-proxy'],
];
const NUMBERS = [
  'max-concurrent-downloads',
  'max-concurrent-uploads',
  'max-download-attempts',
  'mtu',
  'shutdown-timeout',
];

/** Lists by flag: their key in the file. */
const LISTS: Readonly<Record<string, string>> = {
  dns: 'dns',
  'dns-opt': 'dns-opts',
  'dns-search': 'dns-search',
  'exec-opt': 'exec-opts',
  'host-gateway-ip': 'host-gateway-ips',
  'insecure-registry': 'insecure-registries',
  label: 'labels',
  'registry-mirror': 'registry-mirrors',
  'storage-opt': 'storage-opts',
};
const PROXIES = ['http-proxy', 'https-proxy', 'no-proxy'];

/** `a=b=c` as `a` and `b=c`. */
function split(flags: ParsedFlags, flag: string, value: string): readonly [string, string] {
  const at = value.indexOf('=');
  if (at <= 0) throw flags.invalid(flag, value, 'wanted NAME=VALUE');
  return [value.slice(0, at), value.slice(at + 1)];
}

function ulimit(flags: ParsedFlags, value: string): readonly [string, unknown] {
  const [name, limits] = split(flags, 'default-ulimit', value);
  const match = /^(-?\d+)(?::(-?\d+))?$/.exec(limits);
  if (match === null) throw flags.invalid('default-ulimit', value, 'wanted NAME=SOFT[:HARD]');
  return [name, { Name: name, Soft: Number(match[1]), Hard: Number(match[2] ?? match[1]) }];
}

function addressPool(flags: ParsedFlags, value: string): unknown {
  const fields = Object.fromEntries(value.split(',').map((part) => split(flags, 'default-address-pool', part)));
  return { ...fields, ...('size' in fields ? { size: Number(fields['size']) } : {}) };
}

function networkOptions(flags: ParsedFlags): Record<string, Record<string, string>> {
  const all: Record<string, Record<string, string>> = {};
  for (const value of flags.list('default-network-opt')) {
    const [driver, rest] = split(flags, 'default-network-opt', value);
    const [name, text] = split(flags, 'default-network-opt', rest);
    all[driver] = { ...all[driver], [name]: text };
  }
  return all;
}

function feature(flags: ParsedFlags, value: string): readonly [string, boolean] {
  const [name, on] = value.includes('=') ? split(flags, 'feature', value) : [value, 'true'];
  try {
    return [name, readBool(on) === 1];
  } catch (error) {
    throw flags.invalid('feature', value, messageOf(error));
  }
}

/** Flags whose values are put together. */
const OBJECTS: Readonly<Record<string, readonly [key: string, read: (flags: ParsedFlags) => unknown]>> = {
  'add-runtime': [
    'runtimes',
    (flags) =>
      Object.fromEntries(
        flags.list('add-runtime').map((value) => {
          const [name, path] = split(flags, 'add-runtime', value);
          return [name, { path }];
        }),
      ),
  ],
  'default-address-pool': [
    'default-address-pools',
    (flags) => flags.list('default-address-pool').map((value) => addressPool(flags, value)),
  ],
  'default-network-opt': ['default-network-opts', networkOptions],
  'default-ulimit': [
    'default-ulimits',
    (flags) => Object.fromEntries(flags.list('default-ulimit').map((value) => ulimit(flags, value))),
  ],
  feature: ['features', (flags) => Object.fromEntries(flags.list('feature').map((value) => feature(flags, value)))],
  'log-opt': [
    'log-opts',
    (flags) => Object.fromEntries(flags.list('log-opt').map((value) => split(flags, 'log-opt', value))),
  ],
};

/**
 * The flags that were given, by the names of the configuration file.
 *
 * @param host from before the command's name
 */
export function daemonValues(flags: ParsedFlags, host: string | undefined): Record<string, unknown> {
  const given = (names: readonly string[]) => names.filter((name) => flags.changed(name));
  const hosts = [...(host === undefined ? [] : [host]), ...flags.list('host')];
  const proxies = given(PROXIES).map((name) => [name, flags.text(name)]);
  return {
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(proxies.length === 0 ? {} : { proxies: Object.fromEntries(proxies) }),
    ...Object.fromEntries(given(TEXTS).map((name) => [name, flags.text(name)])),
    ...Object.fromEntries(given(SWITCHES).map((name) => [name, flags.bool(name)])),
    ...Object.fromEntries(given(NUMBERS).map((name) => [name, flags.number(name)])),
    ...Object.fromEntries(given(Object.keys(LISTS)).map((name) => [LISTS[name], flags.list(name)])),
    ...Object.fromEntries(given(Object.keys(OBJECTS)).map((name) => [OBJECTS[name]![0], OBJECTS[name]![1](flags)])),
  };
}
