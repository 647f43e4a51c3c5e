/** The keys of the configuration file, by docker's names where they mean the same. */
import { BerthError } from '#base/errors.ts';

/** What a key's value may be. */
interface Kinds {
  readonly string: string;
  readonly boolean: boolean;
  readonly number: number;
  readonly strings: readonly string[];
}

const KEYS = {
  hosts: 'strings',
  group: 'string',
  tls: 'boolean',
  tlsverify: 'boolean',
  tlscacert: 'string',
  tlscert: 'string',
  tlskey: 'string',
  debug: 'boolean',
  'log-level': 'string',
  labels: 'strings',
  'metrics-addr': 'string',
  pidfile: 'string',
  'shutdown-timeout': 'number',
} as const satisfies Readonly<Record<string, keyof Kinds>>;

export type ConfigValues = { readonly [K in keyof typeof KEYS]?: Kinds[(typeof KEYS)[K]] };

/** Docker's keys that Berth does not act on, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  'data-root': 'the directory of all state is --root, so that commands without a daemon find it too',
  'storage-driver': 'Berth chooses the driver by what the file system can do',
  'exec-root': 'Berth keeps what runs below its root',
  containerd: 'there is no containerd',
  'default-address-pools':
    'they are "addressPools" in network.json in the root, where commands without a daemon find them too',
  'registry-mirrors': 'mirrors are in registries.conf, where commands without a daemon find them too',
  'insecure-registries': 'they are in registries.conf, where commands without a daemon find them too',
  'log-driver': 'it is said for each container: a container must not depend on who started it',
  'log-opts': 'they are said for each container: a container must not depend on who started it',
  'live-restore': 'containers always outlive the daemon',
  iptables: 'Berth uses nftables, in a table of its own',
  'userland-proxy': 'there is no process per port',
};

function invalid(where: string, message: string): BerthError {
  return new BerthError('invalid', 'daemon.config', `${where}: ${message}`);
}

function isKind(value: unknown, kind: keyof Kinds): boolean {
  if (kind === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (kind === 'number') return Number.isInteger(value) && (value as number) >= 0;
  return typeof value === kind;
}

const WORDS: Readonly<Record<keyof Kinds, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  strings: 'a list of strings',
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
    const reason = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
    if (reason !== undefined) throw invalid(where, `${name} cannot be set: ${reason}`);
    if (!Object.hasOwn(KEYS, name)) {
      const message = `the following directives don't match any configuration option: ${name}`;
      throw invalid(where, message);
    }
    const kind = KEYS[name as keyof typeof KEYS];
    if (!isKind(given, kind)) throw invalid(where, `${name} is ${JSON.stringify(given)}, wanted ${WORDS[kind]}`);
  }
  return value as ConfigValues;
}
