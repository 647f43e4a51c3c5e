/** The keys of the configuration file, by docker's names where they mean the same. */
import { BerthError } from '#base/errors.ts';
import { refusal } from './refused-keys.ts';

type Texts = Readonly<Record<string, string>>;

/** What a key's value may be. */
interface Kinds {
  readonly string: string;
  readonly boolean: boolean;
  readonly number: number;
  readonly strings: readonly string[];
  readonly texts: Texts;
  readonly switches: Readonly<Record<string, boolean>>;
  /** Objects by name. */
  readonly objects: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly list: readonly unknown[];
  /** Bytes, with or without a unit. */
  readonly size: string | number;
}

const KEYS = {
  'allow-direct-routing': 'boolean',
  'authorization-plugins': 'strings',
  bip: 'string',
  bip6: 'string',
  'cgroup-parent': 'string',
  'data-root': 'string',
  debug: 'boolean',
  'default-address-pools': 'list',
  'default-cgroupns-mode': 'string',
  'default-ipc-mode': 'string',
  'default-network-opts': 'objects',
  'default-runtime': 'string',
  'default-shm-size': 'size',
  'default-ulimits': 'objects',
  dns: 'strings',
  'dns-opts': 'strings',
  'dns-search': 'strings',
  'exec-opts': 'strings',
  experimental: 'boolean',
  features: 'switches',
  'firewall-backend': 'string',
  'fixed-cidr': 'string',
  'fixed-cidr-v6': 'string',
  group: 'string',
  'host-gateway-ip': 'string',
  'host-gateway-ips': 'strings',
  hosts: 'strings',
  icc: 'boolean',
  init: 'boolean',
  'insecure-registries': 'strings',
  ip: 'string',
  ip6tables: 'boolean',
  'ip-forward': 'boolean',
  'ip-forward-no-drop': 'boolean',
  'ip-masq': 'boolean',
  iptables: 'boolean',
  ipv6: 'boolean',
  labels: 'strings',
  'live-restore': 'boolean',
  'log-driver': 'string',
  'log-format': 'string',
  'log-level': 'string',
  'log-opts': 'texts',
  'max-concurrent-downloads': 'number',
  'max-concurrent-uploads': 'number',
  'max-download-attempts': 'number',
  'metrics-addr': 'string',
  'min-api-version': 'string',
  mtu: 'number',
  'no-new-privileges': 'boolean',
  pidfile: 'string',
  proxies: 'texts',
  'raw-logs': 'boolean',
  'registry-mirrors': 'strings',
  runtimes: 'objects',
  'seccomp-profile': 'string',
  'selinux-enabled': 'boolean',
  'shutdown-timeout': 'number',
  'storage-driver': 'string',
  'storage-opts': 'strings',
  tls: 'boolean',
  tlscacert: 'string',
  tlscert: 'string',
  tlskey: 'string',
  tlsverify: 'boolean',
  'userland-proxy': 'boolean',
  'userns-remap': 'string',
} as const satisfies Readonly<Record<string, keyof Kinds>>;

export type ConfigValues = { readonly [K in keyof typeof KEYS]?: Kinds[(typeof KEYS)[K]] };

/** Keys about the daemon as a process, not about containers. */
const OF_DAEMON: readonly string[] = [
  ...['data-root', 'debug', 'experimental', 'group', 'hosts', 'labels', 'live-restore', 'log-format', 'log-level'],
  ...['metrics-addr', 'min-api-version', 'pidfile', 'raw-logs', 'shutdown-timeout'],
  ...['tls', 'tlscacert', 'tlscert', 'tlskey', 'tlsverify'],
];

export function isOfDaemon(key: string): boolean {
  return OF_DAEMON.includes(key);
}

function invalid(where: string, message: string): BerthError {
  return new BerthError('invalid', 'daemon.config', `${where}: ${message}`);
}

function isObjectOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isItem);
}

const IS_KIND: Readonly<Record<keyof Kinds, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => Number.isInteger(value) && (value as number) >= 0,
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  texts: (value) => isObjectOf(value, (item) => typeof item === 'string'),
  switches: (value) => isObjectOf(value, (item) => typeof item === 'boolean'),
  objects: (value) => isObjectOf(value, (item) => isObjectOf(item, () => true)),
  list: (value) => Array.isArray(value),
  size: (value) => typeof value === 'string' || Number.isInteger(value),
};

const WORDS: Readonly<Record<keyof Kinds, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  strings: 'a list of strings',
  texts: 'an object of strings',
  switches: 'an object of true and false',
  objects: 'an object of objects',
  list: 'a list',
  size: 'a number of bytes such as "64m"',
};

/**
 * Checks a document of settings.
 *
 * @param where the file, for messages
 * @throws invalid naming the key
 */
export function checkKeys(value: unknown, where: string): ConfigValues {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(where, 'wanted a JSON object');
  for (const [name, given] of Object.entries(value)) {
    if (!Object.hasOwn(KEYS, name)) {
      const reason = refusal(name, given);
      if (reason !== undefined) throw invalid(where, `${name} cannot be set: ${reason}`);
      throw invalid(where, `the following directives don't match any configuration option: ${name}`);
    }
    const kind = KEYS[name as keyof typeof KEYS];
    if (!IS_KIND[kind](given)) throw invalid(where, `${name} is ${JSON.stringify(given)}, wanted ${WORDS[kind]}`);
    const reason = refusal(name, given);
    if (reason !== undefined) throw invalid(where, `${name} cannot be ${JSON.stringify(given)}: ${reason}`);
  }
  return value as ConfigValues;
}
