import { BerthError } from '#base/errors.ts';
import type { Hook, OciConfig, Process } from '#spec/oci-runtime/config.ts';
import { OCI_VERSION } from '#spec/oci-runtime/state.ts';
import type { LaunchPlan, Slot } from '#sys/keeper/plan.ts';
import { checkConfig } from './check-config.ts';
import { planDevices } from './devices.ts';
import { Draft } from './draft.ts';
import { hasRuntimeHooks, hookState, planHooks, planStartHooks } from './hooks.ts';
import { unmountOps } from './host-mounts.ts';
import type { LaunchOptions } from './launch-options.ts';
import { ERRNO, PERSONALITIES } from './linux-numbers.ts';
import { loopbackUp } from './loopback.ts';
import { planMemoryPolicy } from './memory-policy.ts';
import { attachMounts, finishMounts, type MountContext, type PreparedMount, prepareMounts } from './mounts.ts';
import { hasNamespace, type NamespaceSet, namespaceSet, planClone, planUserNamespace } from './namespaces.ts';
import {
  type EarlyDescriptors,
  environmentOf,
  filtersEarly,
  openEarly,
  openLabel,
  type ProcessContext,
  planAttributes,
  planExec,
  planFilter,
  planFindProgram,
  planRights,
  planTerminal,
} from './process.ts';
import { attachRootfs, enterRootfs, placeOfRoot, prepareRootfs } from './rootfs.ts';
import { planSysctl } from './sysctl.ts';

/** What one plan in the making is made from. */
interface Job {
  readonly draft: Draft;
  readonly config: OciConfig;
  readonly process: Process;
  readonly options: LaunchOptions;
  readonly namespaces: NamespaceSet;
  readonly context: ProcessContext;
  readonly readOnlyLater: string[];
  readonly linux: NonNullable<OciConfig['linux']>;
}

/**
 * Turns a config.json into the launch plan of the container's first process. Pure: all facts come in with the options.
 *
 * @param config from `parseOciConfig`; `process` is required
 * @throws BerthError `invalid` or `unsupported` for what the configuration asks and this machine or Berth can not do; the
 *   message names the JSON path
 */
export function buildLaunchPlan(config: OciConfig, options: LaunchOptions): LaunchPlan {
  const job = startJob(config, options);
  const early = planBefore(job);
  planChildStart(job, early);
  planParent(job);
  planFilesystem(job, early);
  planProcess(job, early);
  planAfter(job);
  const { mode, runDir, stdio, cgroup, exitCommand, preserveFds, dieWithKeeper } = options;
  return {
    mode,
    runDir,
    stdio,
    log: options.log ?? { driver: 'none' },
    exit: { collect: cgroup?.collect ?? [], ...(exitCommand === undefined ? {} : { command: exitCommand }) },
    ...(options.names === undefined ? {} : { names: options.names }),
    ...(preserveFds === undefined ? {} : { preserveFds }),
    ...(dieWithKeeper === undefined ? {} : { dieWithKeeper }),
    ops: job.draft.ops,
  };
}

function startJob(config: OciConfig, options: LaunchOptions): Job {
  // Only the start needs one (config.md, "Process"): without it nothing is ever run, whoever starts it refuses.
  const process = config.process ?? (options.mode === 'handoff' ? { cwd: '/' } : undefined);
  if (process === undefined) {
    throw new BerthError('invalid', 'oci-config.invalid', 'config.json: process: is required to start a container');
  }
  const linux = config.linux ?? {};
  const namespaces = namespaceSet(linux, options.facts);
  checkConfig(config, namespaces, options.facts);
  if (Object.keys(linux.netDevices ?? {}).length > 0 && options.network === undefined) {
    throw new BerthError('unsupported', 'oci-config.unsupported', 'config.json: linux.netDevices: nobody moves them');
  }
  const context: ProcessContext = {
    facts: options.facts,
    foreignUser: namespaces.foreignUser,
    seccomp: options.seccomp,
    processState: {
      ociVersion: OCI_VERSION,
      fds: ['seccompFd'],
      state: hookState(subjectOf(config, options), 'creating'),
    },
  };
  return { draft: new Draft(), config, process, options, namespaces, context, readOnlyLater: [], linux };
}

function subjectOf(config: OciConfig, options: LaunchOptions) {
  const { annotations } = config;
  return { id: options.id, bundle: options.bundle, ...(annotations === undefined ? {} : { annotations }) };
}

interface Opened extends EarlyDescriptors {
  readonly root: Slot;
  readonly mounts: readonly PreparedMount[];
}

/** In the keeper: control groups, what must be opened with the host's rights, the clone. */
function planBefore(job: Job): Opened {
  const { draft, config, options, namespaces } = job;
  draft.add(...(options.cgroup?.setUp ?? []));
  const early = openEarly(draft, job.process, job.context);
  const root = prepareRootfs(draft, job.linux, options.rootfs, namespaces, options.facts.uid !== 0);
  const mounts = prepareMounts(mountContext(job), config.mounts ?? []);
  planClone(draft, config, namespaces, options.cgroup?.cloneInto);
  return { ...early, root, mounts };
}

function mountContext(job: Job): Omit<MountContext, 'root'> {
  const { draft, linux, namespaces, options, readOnlyLater } = job;
  return { draft, linux, namespaces, options, readOnlyLater };
}

/** The child's first steps, still with the host's files in sight: control groups, namespaces, kernel parameters. */
function planChildStart(job: Job, early: EarlyDescriptors): void {
  const { draft, config, options, namespaces, linux } = job;
  const tasks = options.cgroup?.tasks ?? [];
  // Whatever the starter is bound to; engines expect it, as runc does it.
  draft.add({ side: 'child', op: 'cpu-affinity', cpus: 'all' });
  if (tasks.length > 0) draft.add({ side: 'child', op: 'join-cgroups', files: tasks });
  if (namespaces.fresh.has('cgroup')) draft.add({ side: 'child', op: 'unshare', namespaces: ['cgroup'] });
  planUserNamespace(draft, linux, namespaces, options.facts);
  if (namespaces.fresh.has('network')) draft.add(loopbackUp());
  if (options.noNewKeyring !== true) {
    draft.add({ side: 'child', op: 'session-keyring', name: `_ses.${options.id}`, tolerate: [ERRNO.ENOSYS] });
  }
  if (config.hostname) draft.add({ side: 'child', op: 'hostname', name: config.hostname });
  if (config.domainname) draft.add({ side: 'child', op: 'domainname', name: config.domainname });
  planSysctl(draft, config, namespaces, hasNetwork(job) ? 'others' : 'all');
  if (networkFollowsSettings(job)) draft.add({ side: 'child', op: 'post' });
  openLabel(draft, job.process, early);
  planAttributes(draft, job.process, job.context);
  planMemoryPolicy(draft, linux.memoryPolicy);
}

const INTERFACE_SETTING = /^net[./]\w+[./](conf|neigh)[./](default|all)[./]/;

function hasNetwork({ options }: Job): boolean {
  return (options.network ?? []).length > 0;
}

/**
 * Interfaces take over what the namespace's settings say about new ones (`net.ipv4.conf.default.…`), and a namespace that is joined
 * by its path is the child's only when it has joined it.
 */
function networkFollowsSettings(job: Job): boolean {
  if (!hasNetwork(job)) return false;
  if (job.namespaces.joined.has('network')) return true;
  return Object.keys(job.linux.sysctl ?? {}).some((name) => INTERFACE_SETTING.test(name));
}

/** Beside the child: networks, then the hooks that have to see the finished namespaces. */
function planParent(job: Job): void {
  const { draft, config, options } = job;
  if (options.pidfdSocket !== undefined) draft.add({ side: 'parent', op: 'send-pidfd', path: options.pidfdSocket });
  if (networkFollowsSettings(job)) draft.add({ side: 'parent', op: 'wait' });
  draft.add(...(options.network ?? []));
  if (hasNetwork(job)) {
    draft.add({ side: 'parent', op: 'post' }, { side: 'parent', op: 'wait' });
    draft.add(...(options.networkSettle ?? []), { side: 'parent', op: 'post' });
  }
  if (!hasRuntimeHooks(config)) return;
  const state = hookState(subjectOf(config, options), 'creating');
  draft.add({ side: 'parent', op: 'wait' });
  planHooks(draft, 'parent', withHookEnv(config.hooks?.prestart, options), 'prestart', state);
  planHooks(draft, 'parent', withHookEnv(config.hooks?.createRuntime, options), 'createRuntime', state);
  draft.add({ side: 'parent', op: 'post' });
}

function withHookEnv(hooks: readonly Hook[] | undefined, { hookEnv }: LaunchOptions): readonly Hook[] {
  return (hooks ?? []).map((hook) => ({ ...(hookEnv === undefined ? {} : { env: hookEnv }), ...hook }));
}

function planFilesystem(job: Job, { root, mounts }: Opened): void {
  const { draft, config, options, namespaces, linux, process } = job;
  const ownMounts = hasNamespace(namespaces, 'mount');
  const unprivileged = options.facts.uid !== 0;
  if (ownMounts) attachRootfs(draft, linux, options.rootfs, namespaces, root, unprivileged);
  const context = { ...mountContext(job), root };
  attachMounts(context, mounts);
  planDevices(context, config);
  planTerminal(draft, process, root, { console: true, bareNewlines: options.bareNewlines === true });
  if (hasNetwork(job)) {
    draft.add({ side: 'child', op: 'wait' }, ...(options.networkInside ?? []));
    planSysctl(draft, config, namespaces, 'interfaces');
    draft.add({ side: 'child', op: 'post' });
    if (hasRuntimeHooks(config)) announceNetwork(job);
  }
  if (hasRuntimeHooks(config)) draft.add({ side: 'child', op: 'post' }, { side: 'child', op: 'wait' });
  planHooks(
    draft,
    'child',
    withHookEnv(config.hooks?.createContainer, options),
    'createContainer',
    hookState(subjectOf(config, options), 'creating'),
    placeOfRoot(linux, options.rootfs, namespaces),
  );
  if (process.cwd !== '/') makeWorkingDirectory(draft, root, process.cwd);
  for (const path of linux.readonlyPaths ?? []) draft.add({ side: 'child', op: 'read-only', at: { root, path } });
  for (const path of new Set(linux.maskedPaths ?? [])) draft.add({ side: 'child', op: 'mask', at: { root, path } });
  finishMounts(context);
  const readonly = config.root?.readonly === true;
  const enter = !ownMounts ? 'chroot' : options.noPivot === true ? 'move' : 'pivot';
  if (enter === 'move' && placeOfRoot(linux, options.rootfs, namespaces) === undefined) {
    const problem = '--no-pivot: a root that needs a user namespace or shared propagation cannot be moved';
    throw new BerthError('unsupported', 'oci-config.unsupported', problem);
  }
  enterRootfs(draft, linux, root, { readonly: readonly && ownMounts, enter });
}

/** Images need not have it. Where it can not be made, changing to it will say why. */
function makeWorkingDirectory(draft: Draft, root: Slot, path: string): void {
  draft.add({
    side: 'child',
    op: 'mkdir',
    at: { root, path },
    mode: 0o755,
    parents: true,
    existOk: true,
    tolerate: [ERRNO.EROFS, ERRNO.EACCES, ERRNO.EPERM],
    about: 'working directory',
  });
}

/** Without hooks, which have to see it done, as late as possible: the parent has had its time then. */
function announceNetwork({ draft, options }: Job): void {
  draft.add({ side: 'child', op: 'wait' }, ...(options.networkAnnounce ?? []));
}

function planProcess(job: Job, early: EarlyDescriptors): void {
  const { draft, config, options, process, linux } = job;
  if (hasNetwork(job) && !hasRuntimeHooks(config)) announceNetwork(job);
  if (linux.personality !== undefined) {
    const persona = PERSONALITIES[linux.personality.domain ?? 'LINUX'];
    draft.add({ side: 'child', op: 'personality', persona });
  }
  planRights(draft, process, job.context);
  if (config.process !== undefined) planFindProgram(draft, process);
  const filterFirst = filtersEarly(options.mode, job.context);
  if (filterFirst) planFilter(draft, process, job.context, early);
  draft.add({ side: 'child', op: 'gate' });
  if (!filterFirst) planFilter(draft, process, job.context, early);
  // They are the container's own programs: no more is allowed to them than to its process.
  planStartHooks(
    draft,
    config.hooks?.startContainer,
    environmentOf(process),
    hookState(subjectOf(config, options), 'created'),
  );
  planExec(draft, process);
}

/** Poststart hooks, and what is left to do when the container has ended. */
function planAfter(job: Job): void {
  const { draft, config, options } = job;
  const subject = subjectOf(config, options);
  planHooks(draft, 'started', config.hooks?.poststart, 'poststart', hookState(subject, 'running'));
  if (options.rootfs.type === 'bind') draft.add(...unmountOps(config, options.rootfs.path));
  draft.add(...(options.networkCleanup ?? []));
  draft.add(...(options.cgroup?.cleanUp ?? []));
  planHooks(draft, 'cleanup', config.hooks?.poststop, 'poststop', hookState(subject, 'stopped'));
}
