/** `berth daemon`: one engine that stays, behind as many sockets as wanted. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { DaemonFlags } from '#cli/command.ts';
import { lockRoot } from '#engine/state/root-lock.ts';
import { openApi } from '../open-api.ts';
import { groupId } from './account-groups.ts';
import { parseListenAddress } from './host-address.ts';
import { type Listener, listen } from './listen.ts';
import { createLog, type Log } from './log.ts';
import type { DaemonSettings } from './settings.ts';
import { loadSettings } from './settings.ts';
import { readTlsOptions } from './tls-files.ts';

/** The group that may use the daemon's sockets where nothing else is said, if the host has it. */
const DEFAULT_GROUP = 'berth';

function socketGroup(settings: DaemonSettings, log: Log): number | undefined {
  const id = groupId(settings.group ?? DEFAULT_GROUP);
  if (id === undefined && settings.group !== undefined)
    log.write('warn', `the host has no group ${settings.group}: only root may use the sockets`);
  return id;
}

async function openListeners(settings: DaemonSettings, options: Parameters<typeof listen>[1]): Promise<Listener[]> {
  const opened: Listener[] = [];
  try {
    for (const host of settings.hosts) {
      const address = parseListenAddress(host, settings.tls !== undefined);
      opened.push(...(await listen(address, options)));
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close(0)));
    throw error;
  }
}

function warnOfOpenPorts(settings: DaemonSettings, log: Log): void {
  const isOpen = (host: string) => host.startsWith('tcp://') && settings.tls?.requestCert !== true;
  for (const host of settings.hosts.filter(isOpen))
    log.write('warn', 'whoever reaches this address is root on this machine: use --tlsverify', { host });
}

/**
 * Serves until it is told to end (SIGTERM, SIGINT). Containers go on running then, as when it is killed.
 *
 * @returns the exit status
 */
export async function runDaemon(flags: DaemonFlags, root: string, launcher: string): Promise<number> {
  const settings = loadSettings(flags, root);
  const tls = settings.tls === undefined ? undefined : readTlsOptions(settings.tls);
  if (flags.validate) {
    process.stdout.write('configuration OK\n');
    return 0;
  }
  const log = createLog(settings.logLevel, (line) => process.stderr.write(line));
  mkdirSync(root, { recursive: true, mode: 0o711 });
  using _lock = lockRoot(root);
  const told = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  process.on('SIGHUP', () => reload(flags, root, log));
  const api = await openApi(root, launcher, { resident: true });
  const listeners = await openListeners(settings, {
    dispatch: api.dispatch,
    group: socketGroup(settings, log),
    tls,
    env: process.env,
  });
  warnOfOpenPorts(settings, log);
  if (settings.pidFile !== undefined) writeFileSync(settings.pidFile, `${process.pid}\n`);
  for (const { name } of listeners) log.write('info', 'API listens', { address: name });
  log.write('info', 'daemon is ready', { root, pid: process.pid });
  log.write('info', 'daemon ends; containers go on running', { signal: await told });
  await Promise.all(listeners.map((listener) => listener.close(settings.graceMs)));
  await api.close();
  if (settings.pidFile !== undefined) rmSync(settings.pidFile, { force: true });
  return 0;
}

function reload(flags: DaemonFlags, root: string, log: Log): void {
  try {
    const settings = loadSettings(flags, root);
    log.level = settings.logLevel;
    log.write('info', 'configuration is read again');
  } catch (error) {
    log.write('error', `the configuration is not read again: ${error instanceof Error ? error.message : error}`);
  }
}
