import { BerthError } from '#base/errors.ts';
import type { OciConfig, Process } from '#spec/oci-runtime/config.ts';
import { OCI_VERSION } from '#spec/oci-runtime/state.ts';
import type { CgroupJoin } from '#sys/cgroup/cgroup-plan.ts';
import type { LaunchPlan, LogPlan, NamespaceKind, PlanOp, StdioPlan } from '#sys/keeper/plan.ts';
import type { SeccompFilter } from '#sys/seccomp/compile.ts';
import { Draft } from './draft.ts';
import { hookState } from './hooks.ts';
import type { HostFacts } from './launch-options.ts';
import { OPEN, PERSONALITIES } from './linux-numbers.ts';
import { planMemoryPolicy } from './memory-policy.ts';
import {
  cpuList,
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

/** Everything about a further process in a running container that is not in its process document. */
export interface ExecOptions {
  readonly id: string;
  readonly bundle: string;
  /** The container's first process: its namespaces are joined. */
  readonly init: { readonly pid: number; readonly startTime: bigint };
  /** The container's configuration: which namespaces it has, its personality, its annotations. */
  readonly config: OciConfig;
  readonly facts: HostFacts;
  readonly mode: LaunchPlan['mode'];
  /** Existing directory of this exec, absolute. */
  readonly runDir: string;
  readonly stdio: StdioPlan;
  readonly log?: LogPlan;
  /** From `joinCgroup`. */
  readonly cgroup?: CgroupJoin;
  readonly seccomp?: SeccompFilter;
  readonly preserveFds?: number;
  /** Unix socket that gets a pidfd of the process. */
  readonly pidfdSocket?: string;
  /** The terminal's output goes to the terminal of whoever starts it. */
  readonly bareNewlines?: boolean;
  readonly dieWithKeeper?: boolean;
  readonly exitCommand?: LaunchPlan['exit']['command'];
}

const CHILD_ORDER: readonly NamespaceKind[] = ['user', 'cgroup', 'ipc', 'uts', 'network', 'mount', 'time'];

/**
 * Plan of a further process (`exec`) in a running container.
 *
 * @param process user, arguments, environment, capabilities and so on of the new process
 * @throws BerthError `invalid` or `unsupported` as `buildLaunchPlan`
 */
export function buildExecPlan(process: Process, options: ExecOptions): LaunchPlan {
  const draft = new Draft();
  const kinds = new Set<NamespaceKind>((options.config.linux?.namespaces ?? []).map(({ type }) => type));
  const context = execContext(process, options, kinds.has('user'));
  const early = openEarly(draft, process, context);
  const container = draft.takeSlot('before');
  const { pid, startTime } = options.init;
  draft.add({ side: 'before', op: 'open-process', slot: container, pid, startTime });
  if (kinds.has('pid')) draft.add({ side: 'before', op: 'join-namespaces', slot: container, namespaces: ['pid'] });
  const clone = cloneOp(draft, options);
  draft.add(clone);
  if (clone.cgroup !== undefined) draft.add({ side: 'child', op: 'close', slot: clone.cgroup });
  if (options.pidfdSocket !== undefined) draft.add({ side: 'parent', op: 'send-pidfd', path: options.pidfdSocket });
  planAffinity(draft, process, 'initial');
  const tasks = options.cgroup?.tasks ?? [];
  if (tasks.length > 0) draft.add({ side: 'child', op: 'join-cgroups', files: tasks });
  planAffinity(draft, process, 'final');
  openLabel(draft, process, early);
  planAttributes(draft, process, context);
  planMemoryPolicy(draft, options.config.linux?.memoryPolicy);
  joinNamespaces(draft, kinds, container, options);
  const root = openRoot(draft, kinds, pid);
  planTerminal(draft, process, root, { console: false, bareNewlines: options.bareNewlines === true });
  const { personality } = options.config.linux ?? {};
  if (personality !== undefined) {
    draft.add({ side: 'child', op: 'personality', persona: PERSONALITIES[personality.domain ?? 'LINUX'] });
  }
  planRights(draft, process, context);
  planFindProgram(draft, process);
  const filterFirst = filtersEarly(options.mode, context);
  if (filterFirst) planFilter(draft, process, context, early);
  draft.add({ side: 'child', op: 'gate' });
  if (!filterFirst) planFilter(draft, process, context, early);
  planExec(draft, process);
  return finish(draft.ops, options);
}

function execContext(process: Process, options: ExecOptions, foreignUser: boolean): ProcessContext {
  if (process.terminal === true && options.stdio.kind !== 'terminal') {
    throw new BerthError('invalid', 'exec.terminal', 'the process wants a terminal, but its stdio is none');
  }
  const { annotations } = options.config;
  const subject = {
    id: options.id,
    bundle: options.bundle,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return {
    facts: options.facts,
    foreignUser,
    seccomp: options.seccomp,
    processState: { ociVersion: OCI_VERSION, fds: ['seccompFd'], state: hookState(subject, 'running') },
  };
}

function cloneOp(draft: Draft, options: ExecOptions): Extract<PlanOp, { op: 'clone' }> {
  const path = options.cgroup?.cloneInto;
  if (path === undefined) return { side: 'before', op: 'clone', namespaces: [] };
  const cgroup = draft.takeSlot('before');
  draft.add({
    side: 'before',
    op: 'open',
    slot: cgroup,
    at: { path },
    flags: OPEN.PATH,
    about: "the container's control group",
  });
  return { side: 'before', op: 'clone', namespaces: [], cgroup };
}

/**
 * The kernel moves the process to its group's CPUs when it joins; `final` is for afterwards (config.md, "execCPUAffinity"). A process
 * for which nothing is said has all of them, whatever its starter is bound to.
 */
function planAffinity(draft: Draft, process: Process, when: 'initial' | 'final'): void {
  const { initial = '', final = '' } = process.execCPUAffinity ?? {};
  const list = when === 'initial' ? initial : final;
  if (when === 'initial' && initial === '' && final === '')
    draft.add({ side: 'child', op: 'cpu-affinity', cpus: 'all' });
  if (list === '') return;
  const cpus = cpuList(list, `process.execCPUAffinity.${when}`);
  draft.add({ side: 'child', op: 'cpu-affinity', cpus });
}

function joinNamespaces(draft: Draft, kinds: ReadonlySet<NamespaceKind>, slot: number, options: ExecOptions): void {
  const namespaces = CHILD_ORDER.filter((kind) => kinds.has(kind));
  if (namespaces.length > 0) draft.add({ side: 'child', op: 'join-namespaces', slot, namespaces });
  if (!kinds.has('user')) return;
  draft.add({
    side: 'child',
    op: 'credentials',
    uid: 0,
    gid: 0,
    ...(options.facts.uid === 0 ? { groups: [] } : {}),
    about: 'become root of the user namespace',
  });
}

/** The container's root: "/" of its mount namespace, or, without one, where its first process is chrooted to. */
function openRoot(draft: Draft, kinds: ReadonlySet<NamespaceKind>, pid: number): number {
  const about = "the container's root";
  const slot = draft.takeSlot('child');
  const path = kinds.has('mount') ? '/' : `/proc/${pid}/root`;
  draft.add({ side: 'child', op: 'open', slot, at: { path }, flags: OPEN.PATH, about });
  if (!kinds.has('mount')) draft.add({ side: 'child', op: 'pivot-root', slot, how: 'chroot' });
  return slot;
}

function finish(ops: readonly PlanOp[], options: ExecOptions): LaunchPlan {
  const { mode, runDir, stdio, exitCommand, preserveFds, dieWithKeeper } = options;
  return {
    mode,
    runDir,
    stdio,
    log: options.log ?? { driver: 'none' },
    exit: { collect: [], ...(exitCommand === undefined ? {} : { command: exitCommand }) },
    ...(preserveFds === undefined ? {} : { preserveFds }),
    ...(dieWithKeeper === undefined ? {} : { dieWithKeeper }),
    ops,
  };
}
