import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { Undo } from '#base/undo.ts';
import type { LinuxResources, OciConfig, Process } from '#spec/oci-runtime/config.ts';
import type { CgroupPlan } from '#sys/cgroup/cgroup-plan.ts';
import { isFrozen } from '#sys/cgroup/freeze.ts';
import { type CgroupHost, hierarchyOf } from '#sys/cgroup/host.ts';
import { containerCgroupPath } from '#sys/cgroup/path.ts';
import { planCgroup } from '#sys/cgroup/plan.ts';
import { listPids } from '#sys/cgroup/processes.ts';
import { type Launch, launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan } from '#sys/keeper/plan.ts';
import { compileSeccomp, type SeccompFilter } from '#sys/seccomp/compile.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { writeLog } from '../cli/log.ts';
import type { DeviceMoves } from '../net-devices.ts';
import { ungrantableCapabilities, unraisableCapabilities } from '../plan/capabilities.ts';
import { buildLaunchPlan } from '../plan/launch-plan.ts';
import { type ContainerState, claimId, removeState, saveState } from '../state/container-state.ts';
import { markProcess } from '../state/container-status.ts';
import { readBundle } from './bundle.ts';
import { ownEnvironment, runPoststop } from './lifecycle-hooks.ts';
import { withNotifySocket } from './notify-socket.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';
import {
  hostId,
  ownStandardStreams,
  pidfdSocket,
  preservedFds,
  stdioFor,
  withEnv,
  writePidFile,
} from './start-options.ts';

/** A container that is set up and waits for its start. */
export interface Created {
  readonly state: ContainerState;
  /** Its state directory. */
  readonly dir: string;
  readonly launch: Launch;
}

/** `create`: sets a container up and leaves it waiting. */
export async function create(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  const created = await createContainer(context, flags, id, 'handoff');
  await created.launch.release();
  return 0;
}

/**
 * Sets a container up from a bundle. When anything fails nothing is left of it.
 *
 * @throws BerthError for a wrong bundle, a taken id, a start that failed
 */
export async function createContainer(
  context: RuntimeContext,
  flags: FlagValues,
  id: string,
  mode: LaunchPlan['mode'],
): Promise<Created> {
  const bundle = readBundle(flags.text('bundle') ?? '.', flags.text('config'));
  const { config } = bundle;
  const consoleSocket = flags.text('console-socket');
  const detach = mode === 'handoff';
  const stdio = stdioFor({ terminal: config.process?.terminal === true, detach, consoleSocket });
  const preserved = preservedFds(flags, true);
  const seccomp = await seccompFilter(context, config);
  warnOfCapabilities(context, config, config.process);
  await using undo = new Undo();
  const dir = claimId(context.root, id);
  undo.add(() => removeState(context.root, id));
  undo.add(() => runPoststop(context, newState(id, bundle)));
  const cgroup = cgroupFor(context, config, id);
  const state = newState(id, bundle, cgroup?.path);
  saveState(context.root, state);
  const moves = await deviceMoves(config);
  const planned = withNotifySocket(context.root, id, plannedConfig(config, preserved.env));
  const plan = buildLaunchPlan(planned, {
    id,
    bundle: bundle.path,
    rootfs: { type: 'bind', path: bundle.rootfs },
    facts: context.facts,
    mode,
    runDir: dir,
    stdio,
    noPivot: flags.flag('no-pivot'),
    noNewKeyring: flags.flag('no-new-keyring'),
    preserveFds: preserved.fds.length,
    ...pidfdSocket(flags),
    bareNewlines: mode === 'supervise',
    ...(cgroup === undefined ? {} : { cgroup: flags.flag('keep') ? { ...cgroup, cleanUp: [] } : cgroup }),
    ...(seccomp === undefined ? {} : { seccomp }),
    hookEnv: ownEnvironment(),
    ...moves,
  });
  if (stdio.kind === 'inherit') {
    ownStandardStreams(hostId(config.process?.user?.uid ?? 0, config.linux?.uidMappings));
  }
  const launched = await launch(plan, { extraFds: preserved.fds });
  undo.add(() => launched.abort());
  const complete: ContainerState = { ...state, init: markProcess(launched.pid) };
  saveState(context.root, complete);
  writePidFile(flags.text('pid-file'), launched.pid);
  undo.done();
  return { state: complete, dir, launch: launched };
}

/** What the keeper is told: poststart and poststop hooks are run by this program, which also has the log for their failures. */
function plannedConfig(config: OciConfig, env: readonly string[]): OciConfig {
  const { poststart: _poststart, poststop: _poststop, ...hooks } = config.hooks ?? {};
  return {
    ...config,
    ...(config.hooks === undefined ? {} : { hooks }),
    ...(config.process === undefined ? {} : { process: withEnv(config.process, env) }),
  };
}

/** How network devices of the host get into the container; what that takes is loaded for those that want some. */
async function deviceMoves(config: OciConfig): Promise<Partial<DeviceMoves>> {
  const wanted = config.linux?.netDevices ?? {};
  if (Object.keys(wanted).length === 0) return {};
  const { findDevices, moveDevices } = await import('../net-devices.ts');
  return moveDevices(await findDevices(wanted));
}

function newState(
  id: string,
  bundle: { path: string; rootfs: string; config: OciConfig },
  cgroupPath?: string,
): ContainerState {
  return {
    id,
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    created: new Date().toISOString(),
    owner: process.env['SUDO_USER'] ?? '',
    ...(cgroupPath === undefined ? {} : { cgroupPath }),
    creator: markProcess(process.pid),
    config: bundle.config,
  };
}

function cgroupFor(context: RuntimeContext, config: OciConfig, id: string): CgroupPlan | undefined {
  const host = context.facts.cgroups;
  const path = config.linux?.cgroupsPath ?? '';
  if (/^[^/]*:[^/]*:[^/]*$/.test(path)) {
    throw new BerthError(
      'unsupported',
      'cgroup.systemd',
      `config.json: linux.cgroupsPath: ${path} is a systemd unit; Berth makes control groups itself`,
      { hint: 'let the engine use its cgroupfs driver' },
    );
  }
  if (host === undefined) return undefined;
  if (context.facts.uid !== 0) {
    writeLog(context.log, 'warning', 'without privileges the container stays in the control groups of its starter');
    return undefined;
  }
  const group = path === '' ? containerCgroupPath(id) : path;
  const planned = planCgroup(host, group, resourcesOf(config), undefined, true);
  refuseUsed(host, planned.path);
  return planned;
}

/** In a group of others the container would be paused, limited and killed with them; in a frozen one it would never come to its start. */
function refuseUsed(host: CgroupHost, path: string): void {
  const { length } = listPids(host, path);
  if (length > 0) {
    throw new BerthError('conflict', 'cgroup.used', `container's cgroup is not empty: ${length} process(es) found`);
  }
  const canFreeze = host.version === 2 || hierarchyOf(host, 'freezer') !== undefined;
  if (canFreeze && isFrozen(host, path))
    throw new BerthError('conflict', 'cgroup.frozen', "container's cgroup unexpectedly frozen");
}

/** Before version 1.3 a limit of 0 processes was what programs wrote that set none. */
function resourcesOf({ ociVersion, linux }: OciConfig): LinuxResources {
  const resources = linux?.resources ?? {};
  const isOld = /^1\.[012]\./.test(ociVersion);
  return isOld && resources.pids?.limit === 0 ? { ...resources, pids: { limit: -1 } } : resources;
}

/** The filter of a configuration; compiled ones are kept beside the containers. */
export async function seccompFilter(context: RuntimeContext, config: OciConfig): Promise<SeccompFilter | undefined> {
  const { seccomp } = config.linux ?? {};
  if (seccomp === undefined) return undefined;
  const filter = await compileSeccomp(seccomp, join(context.root, '~seccomp'));
  writeLog(context.log, 'debug', `seccomp filter flags: ${filter.flags}`);
  return filter;
}

/** Tells which capabilities the process will not get. */
export function warnOfCapabilities(context: RuntimeContext, config: OciConfig, document: Process | undefined): void {
  const { capabilities } = document ?? {};
  if (capabilities === undefined) return;
  const inUserNamespace = (config.linux?.namespaces ?? []).some(({ type }) => type === 'user');
  const unraisable = unraisableCapabilities(capabilities);
  for (const name of unraisable) {
    writeLog(context.log, 'warning', `can't raise ambient capability ${name}: it is not permitted and inheritable`);
  }
  const missing = ungrantableCapabilities(capabilities, inUserNamespace ? ~0n : context.facts.capabilities).filter(
    (name) => !unraisable.includes(name),
  );
  if (missing.length > 0) {
    writeLog(context.log, 'warning', `ignoring unknown or unavailable capabilities: ${missing.join(', ')}`);
  }
}
