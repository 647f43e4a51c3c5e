import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BerthError, isErrno } from '#base/errors.ts';
import type { LaunchOptions } from '#runtime/plan/launch-options.ts';
import { buildLaunchPlan } from '#runtime/plan/launch-plan.ts';
import { CAPABILITIES } from '#spec/capabilities.ts';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import { readExitRecord } from '#sys/keeper/exit-record.ts';
import type { LaunchPlan } from '#sys/keeper/plan.ts';
import { startTimeOf } from '#sys/proc.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { NetworkPart } from '../networks/container-network.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { hostFacts } from './host-facts.ts';

const SEARCHED = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How long another runtime may take to create a container. */
const CREATE_MS = 60_000;
const POLL_MS = 2;

/** Where the files of another runtime's run are, below the run directory. */
function filesOf(runDirectory: string) {
  return {
    state: join(runDirectory, 'runtime'),
    pid: join(runDirectory, 'runtime.pid'),
    log: join(runDirectory, 'runtime.log'),
  };
}

/** Makes the directories that another runtime's plan counts on. */
export function prepareForeign(context: EngineContext, id: string): void {
  const { directory, runDirectory } = pathsOf(context.root, id);
  mkdirSync(join(directory, 'rootfs'), { recursive: true });
  mkdirSync(filesOf(runDirectory).state, { recursive: true, mode: 0o700 });
}

/** Program and arguments of a runtime. @throws unavailable when the program is not installed */
function commandOf(context: EngineContext, runtime: string): string[] {
  const configured = context.options.defaults?.().runtimes ?? {};
  const found = Object.hasOwn(configured, runtime) ? configured[runtime] : undefined;
  return [programOf(found?.path ?? runtime), ...(found?.runtimeArgs ?? [])];
}

function programOf(name: string): string {
  if (name.startsWith('/')) return name;
  const folders = (process.env['PATH'] ?? SEARCHED).split(delimiter);
  const found = [...folders, ...SEARCHED.split(':')]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new BerthError('unavailable', 'runtime.not-installed', `runtime "${name}" is not installed`, {
    hint: `apt-get install ${name}`,
  });
}

function rootfsMount(rootfs: RootfsMount, at: string) {
  if (rootfs.type === 'bind')
    return { destination: at, type: 'bind', source: rootfs.path, options: ['rbind', 'rprivate'] };
  return {
    destination: at,
    type: 'overlay',
    source: 'overlay',
    options: [
      `lowerdir=${rootfs.lower.join(':')}`,
      `upperdir=${rootfs.upper}`,
      `workdir=${rootfs.work}`,
      'index=off',
      'redirect_dir=nofollow',
      'metacopy=off',
    ],
  };
}

/** Settings of the network stack, and the others. */
function splitSysctls({ linux }: OciConfig) {
  const all = Object.entries(linux?.sysctl ?? {});
  const isNetwork = ([name]: [string, string]) => /^net[./]/.test(name);
  return {
    ofNetwork: Object.fromEntries(all.filter(isNetwork)),
    others: Object.fromEntries(all.filter((entry) => !isNetwork(entry))),
  };
}

/**
 * A configuration for a runtime that is started inside the container's network namespace, as it is for one that makes none itself.
 */
export function withOuterNetwork(config: OciConfig): OciConfig {
  const { linux } = config;
  const namespaces = (linux?.namespaces ?? []).filter(({ type, path }) => type !== 'network' || path !== undefined);
  return { ...config, linux: { ...linux, namespaces, sysctl: splitSysctls(config).others } };
}

/**
 * The launch plan of a container that another OCI runtime runs: the keeper supervises that runtime's `run` in a mount
 * namespace in which the container's root is mounted, and takes away what it leaves.
 */
export function foreignLaunchPlan(
  context: EngineContext,
  row: ContainerRow,
  config: OciConfig,
  rootfs: RootfsMount,
  rest: NetworkPart & Pick<LaunchOptions, 'stdio' | 'log' | 'exitCommand'>,
): LaunchPlan {
  const { directory, runDirectory } = pathsOf(context.root, row.id);
  const files = filesOf(runDirectory);
  const command = commandOf(context, row.hostConfig.Runtime);
  const root = join(directory, 'rootfs');
  const shared = [...command, '--root', files.state, '--log', files.log, '--log-format', 'json'];
  const { capabilities } = hostFacts();
  const held = CAPABILITIES.filter((_, bit) => ((capabilities >> BigInt(bit)) & 1n) === 1n);
  const outer: OciConfig = {
    ociVersion: config.ociVersion,
    process: {
      terminal: config.process?.terminal ?? false,
      ...(config.process?.consoleSize === undefined ? {} : { consoleSize: config.process.consoleSize }),
      user: { uid: 0, gid: 0 },
      args: [...shared, 'run', '--bundle', directory, '--pid-file', files.pid, row.id],
      env: [`PATH=${process.env['PATH'] ?? SEARCHED}`, 'HOME=/root'],
      cwd: '/',
      capabilities: { bounding: held, effective: held, permitted: held, inheritable: [], ambient: [] },
    },
    root: { path: '/' },
    mounts: [rootfsMount(rootfs, root)],
    linux: {
      namespaces: [{ type: 'mount' }, ...(rest.network === undefined ? [] : [{ type: 'network' as const }])],
      ...(rest.network === undefined ? {} : { sysctl: splitSysctls(config).ofNetwork }),
    },
  };
  const plan = buildLaunchPlan(outer, {
    ...rest,
    id: row.id,
    bundle: directory,
    rootfs: { type: 'bind', path: '/' },
    facts: hostFacts(),
    mode: 'supervise',
    runDir: runDirectory,
    noNewKeyring: true,
  });
  const remove = [...shared, 'delete', '--force', row.id];
  return { ...plan, ops: [...plan.ops, { side: 'cleanup', op: 'run', argv: remove, env: [], timeoutMs: CREATE_MS }] };
}

/**
 * Waits until another runtime has the container's process going.
 *
 * @returns its pid and start time
 * @throws what the runtime wrote into its log when it gave up
 */
export async function foreignInit(runDirectory: string): Promise<{ pid: number; pidStart: string }> {
  const files = filesOf(runDirectory);
  const deadline = Date.now() + CREATE_MS;
  while (Date.now() < deadline) {
    const pid = readPid(files.pid);
    const start = pid === undefined ? undefined : startTimeOf(pid);
    if (pid !== undefined && start !== undefined) return { pid, pidStart: String(start) };
    if (readExitRecord(runDirectory) !== undefined) {
      // It may have begun and ended between two looks.
      const ended = readPid(files.pid);
      if (ended !== undefined) return { pid: ended, pidStart: '0' };
      throw startFailure(readLog(files.log));
    }
    await sleep(POLL_MS);
  }
  throw new BerthError('timeout', 'runtime.timeout', 'the runtime did not start the container in time');
}

function readPid(path: string): number | undefined {
  const pid = Number(readIfPresent(path));
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

/** The last thing a runtime's JSON log says. */
function readLog(path: string): string {
  const last = readIfPresent(path).trim().split('\n').at(-1) ?? '';
  try {
    const entry = JSON.parse(last) as { readonly msg?: unknown };
    return typeof entry.msg === 'string' ? entry.msg : last;
  } catch {
    return last;
  }
}

function startFailure(words: string): BerthError {
  const message = `failed to create task for container: OCI runtime create failed: ${words === '' ? 'the runtime gave no reason' : words}`;
  return new BerthError('invalid', 'start.foreign-runtime', message);
}

/** The exit status Docker gives to a runtime's own words. */
export function foreignExitStatus(message: string): number {
  if (/executable file .*not found|no such file or directory/i.test(message)) return 127;
  return /permission denied|is a directory/i.test(message) ? 126 : 128;
}
