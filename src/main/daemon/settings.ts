/** The daemon's settings: its command line and its configuration file, by the names of docker's `daemon.json`. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import type { DaemonFlags } from '#cli/command.ts';
import { LEVELS, type Level } from './log.ts';
import { type ConfigValues, checkKeys } from './setting-keys.ts';
import type { TlsFiles } from './tls-files.ts';

export const DEFAULT_ROOT = '/var/lib/berth';
const CONFIG_FILE = '/etc/berth/daemon.json';
const TLS_FOLDER = '/etc/berth';
/** The address that people know; of the default root only. */
const DEFAULT_HOST = 'unix:///run/berth.sock';

export interface DaemonSettings {
  /** Addresses to listen on; the first is the one by which commands find the daemon of their root. */
  readonly hosts: readonly string[];
  readonly group: string | undefined;
  readonly tls: TlsFiles | undefined;
  readonly logLevel: Level;
  readonly labels: readonly string[];
  readonly metricsAddress: string | undefined;
  readonly debug: boolean;
  readonly pidFile: string | undefined;
  /** How long running answers may take to end at a shutdown, in milliseconds. */
  readonly graceMs: number;
}

/** The values of a configuration file. @returns `undefined` when there is none @throws invalid for what is no such document */
function readFile(path: string): ConfigValues | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new BerthError('invalid', 'daemon.config', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new BerthError('invalid', 'daemon.config', `${path} is no JSON: ${messageOf(error)}`, { cause: error });
  }
  return checkKeys(value, path);
}

function fileValues(flags: DaemonFlags, root: string): ConfigValues {
  const given = flags.configFile;
  if (given === undefined) return resolve(root) === DEFAULT_ROOT ? (readFile(CONFIG_FILE) ?? {}) : {};
  const values = readFile(given);
  if (values === undefined)
    throw new BerthError(
      'invalid',
      'daemon.config',
      `unable to configure the daemon with file ${given}: it does not exist`,
    );
  return values;
}

function merge(flags: ConfigValues, file: ConfigValues): ConfigValues {
  const show = (value: unknown) => (Array.isArray(value) ? `[${value.join(' ')}]` : String(value));
  const both = Object.keys(flags).filter((name) => name in file);
  if (both.length > 0) {
    const pairs = both.map((name) => {
      const key = name as keyof ConfigValues;
      return `${name}: (from flag: ${show(flags[key])}, from file: ${show(file[key])})`;
    });
    const message = `the following directives are specified both as a flag and in the configuration file: ${pairs.join(', ')}`;
    throw new BerthError('invalid', 'daemon.config', message);
  }
  return { ...file, ...flags };
}

function tlsOf(values: ConfigValues): TlsFiles | undefined {
  const isVerified = values.tlsverify === true;
  if (!isVerified && values.tls !== true) return undefined;
  return {
    cert: values.tlscert ?? join(TLS_FOLDER, 'cert.pem'),
    key: values.tlskey ?? join(TLS_FOLDER, 'key.pem'),
    ca: isVerified ? (values.tlscacert ?? join(TLS_FOLDER, 'ca.pem')) : undefined,
    requestCert: isVerified,
  };
}

function hostsOf(values: ConfigValues, root: string): string[] {
  const own = `unix://${join(resolve(root), 'berth.sock')}`;
  const usual = resolve(root) === DEFAULT_ROOT ? [DEFAULT_HOST] : [];
  return [...new Set([own, ...(values.hosts ?? usual)])];
}

function levelOf(values: ConfigValues): Level {
  if (values.debug === true) return 'debug';
  const text = values['log-level'] ?? 'info';
  const level = LEVELS.find((each) => each === text);
  if (level === undefined) throw new BerthError('invalid', 'daemon.config', `invalid logging level: ${text}`);
  return level;
}

/**
 * Reads what a daemon is told.
 *
 * @throws invalid for unknown keys, wrong types, values that cannot be, and what flag and file both say
 */
export function loadSettings(flags: DaemonFlags, root: string): DaemonSettings {
  const given = checkKeys(flags.values, 'the command line');
  const values = merge(given, fileValues(flags, root));
  const labels = values.labels ?? [];
  for (const label of labels)
    if (!/^[^=]+=/.test(label)) throw new BerthError('invalid', 'daemon.config', `bad attribute format: ${label}`);
  return {
    hosts: hostsOf(values, root),
    group: values.group,
    tls: tlsOf(values),
    logLevel: levelOf(values),
    labels,
    metricsAddress: values['metrics-addr'],
    debug: values.debug === true,
    pidFile: values.pidfile,
    graceMs: (values['shutdown-timeout'] ?? 15) * 1000,
  };
}
