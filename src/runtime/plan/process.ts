import { BerthError } from '#base/errors.ts';
import { parseNumberList } from '#base/number-list.ts';
import type { Integer64, LinuxCapabilities, Process, Scheduler } from '#spec/oci-runtime/config.ts';
import type { ContainerProcessState } from '#spec/oci-runtime/state.ts';
import type { LaunchPlan, Place, PlanOp, Side, Slot } from '#sys/keeper/plan.ts';
import type { SeccompFilter } from '#sys/seccomp/compile.ts';
import { capabilityMasks } from './capabilities.ts';
import type { Draft } from './draft.ts';
import { stateAroundPid } from './hooks.ts';
import type { HostFacts } from './launch-options.ts';
import {
  CAP_SYS_ADMIN,
  IO_CLASS_SHIFT,
  IO_CLASSES,
  OPEN,
  RLIM_INFINITY,
  RLIMITS,
  SCHEDULER_FLAGS,
  SCHEDULER_POLICIES,
} from './linux-numbers.ts';

/** What PATH is when the environment does not say. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEFAULT_UMASK = 0o022;

/** What the ops of a process depend on besides its own section of the configuration. */
export interface ProcessContext {
  readonly facts: HostFacts;
  /** In a user namespace other than the runtime's: limits are set from outside, all capabilities are there. */
  readonly foreignUser: boolean;
  readonly seccomp: SeccompFilter | undefined;
  /** For the agent that listens to the filter. */
  readonly processState: Omit<ContainerProcessState, 'pid'>;
}

/** Descriptors that have to be opened before the root changes. */
export interface EarlyDescriptors {
  /** `attr/exec` of the process, for its security label. */
  readonly label: Slot | undefined;
  /** Connected socket of the seccomp agent; the keeper itself sends. */
  readonly listener: Slot | undefined;
}

/** Security modules: refuses labels that this machine can not give. */
function checkLabels(process: Process, facts: HostFacts): string | undefined {
  const { apparmorProfile = '', selinuxLabel = '' } = process;
  if (apparmorProfile !== '' && !facts.apparmor) {
    throw new BerthError(
      'unsupported',
      'apparmor.unavailable',
      `config.json: process.apparmorProfile: ${apparmorProfile} can not be applied: this kernel has no AppArmor`,
    );
  }
  if (selinuxLabel !== '' && !facts.selinux) {
    throw new BerthError(
      'unsupported',
      'selinux.unavailable',
      `config.json: process.selinuxLabel: ${selinuxLabel} can not be applied: this kernel has no SELinux`,
    );
  }
  if (apparmorProfile !== '') return `exec ${apparmorProfile}`;
  return selinuxLabel === '' ? undefined : selinuxLabel;
}

/** Opens what is only reachable through the host's root. Before the clone, and on the child's side before `pivot-root`. */
export function openEarly(draft: Draft, process: Process, context: ProcessContext): EarlyDescriptors {
  const path = context.seccomp?.listener?.path ?? '';
  const listener = path === '' ? undefined : draft.takeSlot('before');
  if (listener !== undefined)
    draft.add({ side: 'before', op: 'connect', slot: listener, path, about: 'failed to connect with seccomp agent' });
  const label = checkLabels(process, context.facts) === undefined ? undefined : draft.takeSlot('before');
  return { label, listener };
}

/** Opens the file that a security label is written to; of the child itself, so on its side. */
export function openLabel(draft: Draft, process: Process, { label }: EarlyDescriptors): void {
  if (label === undefined) return;
  const path = process.apparmorProfile ? '/proc/self/attr/apparmor/exec' : '/proc/self/attr/exec';
  draft.add({ side: 'child', op: 'open', slot: label, at: { path }, flags: OPEN.WRONLY, about: 'security label' });
}

/** Attributes that need the runtime's rights: limits, scheduling, out-of-memory score. */
export function planAttributes(draft: Draft, process: Process, context: ProcessContext): void {
  const side: Side = context.foreignUser ? 'parent' : 'child';
  planOomScore(draft, process, side);
  const seen = new Set<string>();
  for (const { type, soft, hard } of process.rlimits ?? []) {
    if (seen.has(type)) {
      throw new BerthError('invalid', 'oci-config.invalid', `config.json: process.rlimits: ${type} is there twice`);
    }
    seen.add(type);
    const resource = RLIMITS[type];
    if (resource === undefined) {
      throw new BerthError('invalid', 'oci-config.invalid', `config.json: process.rlimits: unknown resource ${type}`);
    }
    draft.add({ side, op: 'rlimit', resource, soft: limit(soft), hard: limit(hard) });
  }
  if (process.scheduler !== undefined) draft.add(schedulerOp(process.scheduler));
  const { ioPriority } = process;
  if (ioPriority !== undefined) {
    const value = (IO_CLASSES[ioPriority.class] << IO_CLASS_SHIFT) | (ioPriority.priority ?? 0);
    draft.add({ side: 'child', op: 'io-priority', value });
  }
  draft.add({ side: 'child', op: 'umask', mask: process.user?.umask ?? DEFAULT_UMASK });
}

function planOomScore(draft: Draft, process: Process, side: Side): void {
  if (process.oomScoreAdj === undefined) return;
  const data = String(process.oomScoreAdj);
  if (side === 'child') {
    draft.add({ side, op: 'write', at: { path: '/proc/self/oom_score_adj' }, data, about: 'oomScoreAdj' });
    return;
  }
  const slot = draft.takeSlot('parent');
  draft.add(
    { side, op: 'open-child', slot, path: 'oom_score_adj', flags: OPEN.WRONLY },
    { side, op: 'write', at: { root: slot, path: '' }, data, about: 'oomScoreAdj' },
    { side, op: 'close', slot },
  );
}

/** Numbers that lost their last digits on the way through a JSON parser mean "unlimited". */
function limit(value: Integer64): bigint {
  const exact = BigInt(value);
  return exact > RLIM_INFINITY ? RLIM_INFINITY : exact;
}

/** What sched_setattr(2) would round or leave aside without a word. */
function checkScheduler({ policy, nice = 0, priority = 0, runtime, deadline, period }: Scheduler): void {
  const refuse = (problem: string): BerthError =>
    new BerthError('invalid', 'oci-config.invalid', `config.json: process.scheduler.${problem}`);
  if (nice < -20 || nice > 19) throw refuse(`nice: must be between -20 and 19, is ${nice}`);
  if (priority !== 0 && policy !== 'SCHED_FIFO' && policy !== 'SCHED_RR') {
    throw refuse(`priority: can only be specified for SCHED_FIFO and SCHED_RR, not for ${policy}`);
  }
  if (policy !== 'SCHED_DEADLINE' && [runtime, deadline, period].some((time) => BigInt(time ?? 0) !== 0n)) {
    throw refuse(`runtime, deadline and period: can only be specified for SCHED_DEADLINE, not for ${policy}`);
  }
}

function schedulerOp(scheduler: Scheduler): PlanOp {
  checkScheduler(scheduler);
  const flags = (scheduler.flags ?? []).reduce((bits, name) => bits | SCHEDULER_FLAGS[name], 0n);
  return {
    side: 'child',
    op: 'scheduler',
    policy: SCHEDULER_POLICIES[scheduler.policy],
    flags,
    nice: scheduler.nice ?? 0,
    priority: scheduler.priority ?? 0,
    runtimeNs: BigInt(scheduler.runtime ?? 0),
    deadlineNs: BigInt(scheduler.deadline ?? 0),
    periodNs: BigInt(scheduler.period ?? 0),
  };
}

/** A pseudo-terminal of the container's own as stdio. */
export function planTerminal(
  draft: Draft,
  process: Process,
  root: Slot,
  how: { readonly console: boolean; readonly bareNewlines: boolean },
): void {
  if (process.terminal !== true) return;
  const console: Place | undefined = how.console ? { root, path: '/dev/console' } : undefined;
  draft.add({
    side: 'child',
    op: 'terminal',
    at: { root, path: '/dev/pts/ptmx' },
    rows: process.consoleSize?.height ?? 0,
    cols: process.consoleSize?.width ?? 0,
    uid: process.user?.uid ?? 0,
    ...(console === undefined ? {} : { console }),
    ...(how.bareNewlines ? { bareNewlines: true } : {}),
  });
}

/**
 * Rights of the process. A filter without no_new_privs can only be loaded with CAP_SYS_ADMIN, so that capability stays until
 * {@link planFilter} has loaded it, after the gate if it can: the waiting does not run under the container's filter.
 */
export function planRights(draft: Draft, process: Process, context: ProcessContext): void {
  draft.add({ side: 'child', op: 'chdir', path: process.cwd, about: 'chdir to' });
  if (process.noNewPrivileges === true) draft.add({ side: 'child', op: 'no-new-privileges' });
  const masks = masksOf(process.capabilities, context);
  const keep = needsAdmin(process, context) ? CAP_SYS_ADMIN : 0n;
  const capabilities =
    masks === undefined
      ? undefined
      : { ...masks, permitted: masks.permitted | keep, effective: masks.effective | keep };
  const { uid = 0, gid = 0, additionalGids } = process.user ?? {};
  const maySetGroups = context.facts.uid === 0 || !context.foreignUser;
  draft.add({
    side: 'child',
    op: 'credentials',
    uid,
    gid,
    ...(maySetGroups || additionalGids !== undefined ? { groups: additionalGids ?? [] } : {}),
    ...(capabilities === undefined ? {} : { capabilities }),
  });
}

function masksOf(sets: LinuxCapabilities | undefined, context: ProcessContext) {
  if (sets === undefined) return undefined;
  return capabilityMasks(sets, context.foreignUser ? ~0n : context.facts.capabilities);
}

function needsAdmin(process: Process, context: ProcessContext): boolean {
  return context.seccomp !== undefined && process.noNewPrivileges !== true;
}

/**
 * Whether the filter has to be loaded before the gate: its notify descriptor goes through the keeper, which is not there
 * any more after the gate of a process that is handed off.
 */
export function filtersEarly(mode: LaunchPlan['mode'], context: ProcessContext): boolean {
  return mode === 'handoff' && context.seccomp?.listener !== undefined;
}

/** Label and filter, and giving up the capability that loading the filter needed. */
export function planFilter(draft: Draft, process: Process, context: ProcessContext, early: EarlyDescriptors): void {
  const label = checkLabels(process, context.facts);
  if (label !== undefined && early.label !== undefined) {
    draft.add({
      side: 'child',
      op: 'write',
      at: { root: early.label, path: '' },
      data: label,
      about: 'security label',
    });
  }
  if (context.seccomp !== undefined) draft.add(seccompOp(context.seccomp, context, early));
  const masks = masksOf(process.capabilities, context);
  if (masks !== undefined && needsAdmin(process, context)) {
    draft.add({ side: 'child', op: 'credentials', capabilities: masks });
  }
}

/** The last step. */
export function planExec(draft: Draft, process: Process): void {
  const argv = process.args ?? [];
  const env = environmentOf(process);
  draft.add({ side: 'child', op: 'exec', name: argv[0] ?? '', searchPath: pathOf(env), argv, env });
}

function seccompOp(seccomp: SeccompFilter, context: ProcessContext, early: EarlyDescriptors): PlanOp {
  const common = { side: 'child', op: 'seccomp', filter: seccomp.filter, flags: seccomp.flags } as const;
  if (seccomp.listener === undefined || early.listener === undefined) return common;
  const { before, after } = stateAroundPid(context.processState.state);
  const { metadata } = seccomp.listener;
  const { ociVersion, fds } = context.processState;
  const outer = JSON.stringify({ ociVersion, fds, ...(metadata === '' ? {} : { metadata }) }).slice(0, -1);
  const state = [`${outer},"pid":`, `,"state":${before}`, `${after}}`];
  return { ...common, listener: { socket: early.listener, state } };
}

/** Looks the program up before the gate, so that a wrong name already fails `create`; and the home directory. */
export function planFindProgram(draft: Draft, process: Process): void {
  const [name] = process.args ?? [];
  if (name === undefined || name === '') {
    throw new BerthError('invalid', 'oci-config.invalid', 'config.json: process.args: must not be empty');
  }
  const env = environmentOf(process);
  draft.add({ side: 'child', op: 'find-program', name, searchPath: pathOf(env) });
  if (!env.some((entry) => entry.startsWith('HOME=')))
    draft.add({ side: 'child', op: 'home', uid: process.user?.uid ?? 0 });
}

/** Each name once, the last value wins; an empty HOME counts as none. */
export function environmentOf(process: Process): string[] {
  const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? '';
  const byName = new Map((process.env ?? []).map((entry) => [nameOf(entry), entry]));
  return [...byName.values()].filter((entry) => entry !== 'HOME=');
}

function pathOf(env: readonly string[]): string {
  return env.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
}

/** Members of a CPU list. @throws BerthError `invalid` */
export function cpuList(text: string, path: string): number[] {
  const members = parseNumberList(text.replaceAll(' ', ''));
  if (members === undefined || members.size === 0) {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: ${path}: ${JSON.stringify(text)} is no list of CPUs`,
    );
  }
  return [...members].sort((a, b) => a - b);
}
