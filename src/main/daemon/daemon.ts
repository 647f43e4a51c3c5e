/** `berth daemon`: one engine that stays, behind as many sockets as wanted. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '#base/errors.ts';
import { monotonicMs } from '#base/time.ts';
import type { DaemonFlags } from '#cli/command.ts';
import type { EngineDefaults } from '#engine/defaults.ts';
import { renewDefaultBridge } from '#engine/networks/remove-network.ts';
import { openCore } from '#engine/open-core.ts';
import { lockRoot } from '#engine/state/root-lock.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';
import type { SystemInfo } from '#spec/docker-api/system.ts';
import { sweepScratch } from '#sys/scratch-directory.ts';
import packageFile from '../../../package.json' with { type: 'json' };
import { type OpenApi, openApi } from '../open-api.ts';
import { requireRoot } from '../require-root.ts';
import { groupId } from './account-groups.ts';
import { debugging } from './debug-endpoint.ts';
import { endingWith } from './endless-requests.ts';
import { parseListenAddress } from './host-address.ts';
import { installDaemon } from './install.ts';
import { type Listener, listen } from './listen.ts';
import { createLog, type Log } from './log.ts';
import { type EngineFacts, listenMetrics, Metrics } from './metrics.ts';
import { refusingOlder } from './minimum-version.ts';
import { type DaemonSettings, loadSettings, rememberFlags } from './settings.ts';
import { readTlsOptions } from './tls-files.ts';

/** The group that may use the daemon's sockets where nothing else is said, if the host has it. */
const DEFAULT_GROUP = 'berth';

/** What a running daemon works with; its settings change when it is told to read them again. */
interface Running {
  settings: DaemonSettings;
  readonly log: Log;
  readonly listeners: Listener[];
  readonly metrics: Metrics;
  /** Aborted when it is told to end. */
  readonly ending: AbortController;
}

function socketGroup(settings: DaemonSettings, log: Log): number | undefined {
  const id = groupId(settings.group ?? DEFAULT_GROUP);
  if (id === undefined && settings.group !== undefined)
    log.write('warn', `the host has no group ${settings.group}: only root may use the sockets`);
  return id;
}

/** Says at level debug what is asked and answered. */
function logging(dispatch: Dispatch, log: Log): Dispatch {
  return async (request) => {
    const start = monotonicMs();
    const answer = await dispatch(request);
    const { method, path } = request;
    log.write('debug', 'request', { method, path, status: answer.status, ms: Math.round(monotonicMs() - start) });
    return answer;
  };
}

async function openListeners(running: Running, api: OpenApi): Promise<void> {
  const { settings, log, metrics, listeners } = running;
  const answering = refusingOlder(endingWith(api.dispatch, running.ending.signal), settings.minimumApiVersion);
  const counted = metrics.counting(answering);
  const options = {
    dispatch: logging(
      debugging(counted, () => running.settings.debug),
      log,
    ),
    group: socketGroup(settings, log),
    tls: settings.tls === undefined ? undefined : readTlsOptions(settings.tls),
    env: process.env,
  };
  for (const host of settings.hosts)
    listeners.push(...(await listen(parseListenAddress(host, settings.tls !== undefined), options)));
  if (settings.metricsAddress !== undefined) {
    countEvents(metrics, api.dispatch, running.ending.signal).catch((error: unknown) => {
      if (!running.ending.signal.aborted)
        log.write('error', 'events are no longer counted', { error: messageOf(error) });
    });
    const render = async () => metrics.render(await engineFacts(api.dispatch));
    listeners.push(await listenMetrics(settings.metricsAddress, render));
  }
}

/** What `info` and `version` say, under the names that docker's metrics have. */
async function engineFacts(dispatch: Dispatch): Promise<EngineFacts> {
  const { body } = await dispatch({ method: 'GET', path: '/info' });
  const info = (body.kind === 'json' ? body.value : {}) as Partial<SystemInfo>;
  const { ContainersRunning = 0, ContainersPaused = 0, ContainersStopped = 0 } = info;
  return {
    labels: {
      architecture: info.Architecture ?? '',
      commit: '',
      daemon_id: info.ID ?? '',
      graphdriver: info.Driver ?? '',
      kernel: info.KernelVersion ?? '',
      os: info.OperatingSystem ?? '',
      os_type: 'linux',
      os_version: info.OSVersion ?? '',
      version: packageFile.version,
    },
    cpus: info.NCPU ?? 0,
    memoryBytes: info.MemTotal ?? 0,
    states: { running: ContainersRunning, paused: ContainersPaused, stopped: ContainersStopped },
  };
}

/** Counts events as they happen, whichever process makes them happen. */
async function countEvents(metrics: Metrics, dispatch: Dispatch, ending: AbortSignal): Promise<void> {
  const { body } = await dispatch({ method: 'GET', path: '/events', abort: ending });
  if (body.kind !== 'lines') return;
  for await (const _event of body.items) metrics.countEvent();
}

function warnOfOpenPorts({ settings, log }: Running): void {
  const isOpen = (host: string) => host.startsWith('tcp://') && settings.tls?.requestCert !== true;
  for (const host of settings.hosts.filter(isOpen))
    log.write('warn', 'whoever reaches this address is root on this machine: use --tlsverify', { host });
}

/** What can change while it runs: level of the log, labels, certificates. */
function reload(running: Running, flags: DaemonFlags, root: string): void {
  const { log, listeners } = running;
  try {
    const settings = loadSettings(flags, root);
    if (settings.tls !== undefined) {
      const tls = readTlsOptions(settings.tls);
      for (const listener of listeners) listener.renewTls(tls);
    }
    const isSame = settings.hosts.join() === running.settings.hosts.join();
    if (!isSame) log.write('warn', 'other hosts are listened on after the next start only');
    if (JSON.stringify(settings.defaults.bridge) !== JSON.stringify(running.settings.defaults.bridge))
      log.write('warn', 'the network bridge is made anew at the next start only');
    running.settings = settings;
    log.level = settings.logLevel;
    rememberFlags(flags, root);
    log.write('info', 'the configuration is read again');
  } catch (error) {
    log.write('error', `the configuration stays as it was: ${messageOf(error)}`);
  }
}

function toldToEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

/** Before anybody can start a container in it. */
async function renewBridge(root: string, defaults: () => EngineDefaults, log: Log): Promise<void> {
  const core = openCore({ root, defaults });
  try {
    if (!(await renewDefaultBridge(core.context)))
      log.write('warn', 'the network bridge stays as it was, because containers run in it');
  } finally {
    await core.close();
  }
}

async function serve(running: Running, flags: DaemonFlags, root: string, launcher: string): Promise<void> {
  const { log, listeners } = running;
  const told = toldToEnd();
  process.on('SIGHUP', () => reload(running, flags, root));
  const { pidFile } = running.settings;
  const defaults = () => running.settings.defaults;
  await renewBridge(root, defaults, log);
  const { minimumApiVersion } = running.settings;
  const api = await openApi(root, launcher, {
    resident: true,
    settings: () => running.settings,
    defaults,
    onHealthCheck: (isHealthy) => running.metrics.countHealthCheck(isHealthy),
    ...(minimumApiVersion === undefined ? {} : { minimumApiVersion }),
  });
  try {
    await openListeners(running, api);
    warnOfOpenPorts(running);
    if (pidFile !== undefined) writeFileSync(pidFile, `${process.pid}\n`);
    for (const { name } of listeners) log.write('info', 'API listens', { address: name });
    log.write('info', 'daemon is ready', { root, pid: process.pid });
    log.write('info', 'daemon ends; containers go on running', { signal: await told });
  } finally {
    running.ending.abort();
    await Promise.all(listeners.map((listener) => listener.close(running.settings.graceMs)));
    await api.close();
    if (pidFile !== undefined) rmSync(pidFile, { force: true });
  }
}

/**
 * Serves until it is told to end (SIGTERM, SIGINT). Containers go on running then, as when it is killed.
 *
 * @returns the exit status
 */
export async function runDaemon(flags: DaemonFlags, root: string, launcher: string): Promise<number> {
  const settings = loadSettings(flags, root);
  for (const host of settings.hosts) parseListenAddress(host, settings.tls !== undefined);
  if (settings.tls !== undefined) readTlsOptions(settings.tls);
  if (flags.validate) {
    process.stdout.write('configuration OK\n');
    return 0;
  }
  requireRoot(root);
  if (flags.install) return installDaemon(flags, root, launcher);
  const log = createLog(settings.logLevel, (line) => process.stderr.write(line), { format: settings.logFormat });
  mkdirSync(root, { recursive: true, mode: 0o711 });
  using _lock = lockRoot(root);
  rememberFlags(flags, root);
  sweepScratch();
  for (const note of settings.notes) log.write('info', note);
  await serve(
    { settings, log, listeners: [], metrics: new Metrics(), ending: new AbortController() },
    flags,
    root,
    launcher,
  );
  return 0;
}
