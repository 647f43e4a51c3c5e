/** The daemon's settings: its command line and its configuration file, by the names of docker's `daemon.json`. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import type { DaemonFlags } from '#cli/command.ts';
import type { EngineDefaults } from '#engine/defaults.ts';
import { CONFIG_FILE, DEFAULT_ROOT, rememberedPath } from '../root-files.ts';
import { engineDefaults } from './engine-defaults.ts';
import { LEVELS, type Level, type LogFormat } from './log.ts';
import { type ConfigValues, checkKeys, isOfDaemon } from './setting-keys.ts';
import type { TlsFiles } from './tls-files.ts';

const TLS_FOLDER = '/etc/berth';
/** The address that people know; of the default root only. */
const DEFAULT_HOST = 'unix:///run/berth.sock';

export interface DaemonSettings {
  /** Addresses to listen on; the first is the one by which commands find the daemon of their root. */
  readonly hosts: readonly string[];
  readonly group: string | undefined;
  readonly tls: TlsFiles | undefined;
  readonly logLevel: Level;
  readonly logFormat: LogFormat;
  readonly labels: readonly string[];
  readonly metricsAddress: string | undefined;
  readonly debug: boolean;
  readonly pidFile: string | undefined;
  /** How long running answers may take to end at a shutdown, in milliseconds. */
  readonly graceMs: number;
  readonly experimental: boolean;
  /** Older clients are refused; the oldest that there are may come when absent. */
  readonly minimumApiVersion: string | undefined;
  /** What containers and networks get that say nothing. */
  readonly defaults: EngineDefaults;
  /** What the administrator should know about what he has set. */
  readonly notes: readonly string[];
}

const DEFAULT_GRACE_S = 15;

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
  const joined = hostsOfBoth(flags.hosts, file.hosts);
  const both = Object.keys(flags).filter((name) => name in file && !(name === 'hosts' && joined !== undefined));
  if (both.length > 0) {
    const pairs = both.map((name) => {
      const key = name as keyof ConfigValues;
      return `${name}: (from flag: ${show(flags[key])}, from file: ${show(file[key])})`;
    });
    const message = `the following directives are specified both as a flag and in the configuration file: ${pairs.join(', ')}`;
    throw new BerthError('invalid', 'daemon.config', message);
  }
  return { ...file, ...flags, ...(joined === undefined ? {} : { hosts: joined }) };
}

/** `fd://` is the service manager's to say, and takes nothing from what the file says. */
function hostsOfBoth(flags: ConfigValues['hosts'], file: ConfigValues['hosts']): readonly string[] | undefined {
  if (flags === undefined || file === undefined || !flags.every((host) => host.startsWith('fd://'))) return undefined;
  return [...flags, ...file];
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

function minimumVersionOf(values: ConfigValues): string | undefined {
  const given = values['min-api-version'];
  const minor = given === undefined ? 24 : /^1\.(\d{2})$/.test(given) ? Number(given.slice(2)) : 0;
  if (minor < 24 || minor > 50)
    throw new BerthError('invalid', 'daemon.config', `invalid min-api-version: ${given}: wanted 1.24 to 1.50`);
  return given;
}

/** Settings that are how Berth is anyway, or that can not be otherwise without harm. */
function notesOf(values: ConfigValues): string[] {
  return [
    ...(values['live-restore'] === false ? ['live-restore is false: containers outlive the daemon all the same'] : []),
    ...(values['userland-proxy'] === true
      ? ['userland-proxy is true: ports are open on loopback, too, and no process per port is needed']
      : []),
  ];
}

/** The root is where commands without a daemon look: a file may name it, not move it. */
function checkRoot(values: ConfigValues, root: string): void {
  const given = values['data-root'];
  if (given === undefined || resolve(given) === resolve(root)) return;
  const message = `data-root cannot be set: it is ${given}, but the root is ${resolve(root)}`;
  const hint = 'say it with --root or BERTH_ROOT, so that commands without a daemon find it too';
  throw new BerthError('invalid', 'daemon.config', message, { hint });
}

function valuesOf(flags: DaemonFlags, root: string): ConfigValues {
  return merge(checkKeys(flags.values, 'the command line'), fileValues(flags, root));
}

/**
 * Reads what a daemon is told.
 *
 * @throws invalid for unknown keys, wrong types, values that cannot be, and what flag and file both say
 */
export function loadSettings(flags: DaemonFlags, root: string): DaemonSettings {
  const values = valuesOf(flags, root);
  checkRoot(values, root);
  const labels = values.labels ?? [];
  for (const label of labels)
    if (!/^[^=]+=/.test(label)) throw new BerthError('invalid', 'daemon.config', `bad attribute format: ${label}`);
  return {
    hosts: hostsOf(values, root),
    group: values.group,
    tls: tlsOf(values),
    logLevel: levelOf(values),
    logFormat: values['log-format'] === 'json' ? 'json' : 'text',
    labels,
    metricsAddress: values['metrics-addr'],
    debug: values.debug === true,
    pidFile: values.pidfile,
    graceMs: (values['shutdown-timeout'] ?? DEFAULT_GRACE_S) * 1000,
    experimental: values.experimental === true,
    minimumApiVersion: minimumVersionOf(values),
    defaults: engineDefaults(values),
    notes: notesOf(values),
  };
}

/** Keeps in the root what commands without the daemon need to find the same defaults. */
export function rememberFlags({ configFile, values }: DaemonFlags, root: string): void {
  const path = rememberedPath(root);
  const ofEngine = Object.fromEntries(Object.entries(values).filter(([name]) => !isOfDaemon(name)));
  const kept = { ...(configFile === undefined ? {} : { configFile: resolve(configFile) }), values: ofEngine };
  if (configFile === undefined && Object.keys(ofEngine).length === 0) {
    rmSync(path, { force: true });
    return;
  }
  // Commands read it at any time: it is whole or not there.
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, JSON.stringify(kept), { mode: 0o600, flush: true });
  renameSync(temporary, path);
}

/**
 * The defaults of a root, for a process that is not its daemon.
 *
 * @throws invalid as {@link loadSettings}
 */
export function loadDefaults(root: string): EngineDefaults {
  let kept: Pick<DaemonFlags, 'configFile' | 'values'> = { configFile: undefined, values: {} };
  try {
    kept = JSON.parse(readFileSync(rememberedPath(root), 'utf8')) as typeof kept;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  const flags = { configFile: kept.configFile, values: kept.values, validate: false, install: false };
  // What the file says anew about a flag's setting is between it and the daemon, when that starts.
  return engineDefaults({ ...fileValues(flags, root), ...checkKeys(kept.values, rememberedPath(root)) });
}
