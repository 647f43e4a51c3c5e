import { encodeForward } from './encode-forward.ts';
import { encodeNetlink, packed } from './encode-netlink.ts';
import type { IdRange, LaunchPlan, NamespaceKind, Place, PlanOp, StdioPlan } from './plan.ts';
import { PlanWriter } from './plan-writer.ts';
import {
  MODES,
  NAMES_WHEN,
  NAMESPACE_FLAGS,
  OPCODES,
  SETTINGS_OPCODE,
  SIDES,
  STDIN_MODES,
  STDIO_KINDS,
} from './wire.ts';

/** CLONE_NEW* bits of a list of namespaces. */
export function namespaceFlags(kinds: readonly NamespaceKind[]): number {
  return kinds.reduce((flags, kind) => flags | NAMESPACE_FLAGS[kind], 0);
}

/**
 * The bytes of a plan as the keeper reads them (layout: native/protocol.h).
 *
 * @throws RangeError when the plan is larger than the keeper accepts (16 MiB) or a string holds a NUL byte
 */
export function encodePlan(plan: LaunchPlan): Buffer {
  const out = new PlanWriter();
  out.begin(SETTINGS_OPCODE, 0, []);
  encodeSettings(out, plan);
  out.end();
  for (const op of plan.ops) {
    out.begin(OPCODES[op.op], SIDES.indexOf(op.side), op.tolerate ?? []);
    encodeOp(out, op);
    out.end();
  }
  return out.finish();
}

/** What `attach` makes when its place is missing. */
const CREATE_KINDS = { directory: 1, file: 2, 'as-source': 3, 'directory-as-found': 4 } as const;

function stdinMode(stdio: StdioPlan): number {
  return 'stdin' in stdio ? STDIN_MODES.indexOf(stdio.stdin) : 0;
}

function encodeSettings(out: PlanWriter, plan: LaunchPlan): void {
  const { stdio, log, exit } = plan;
  const file = log.driver === 'json-file' ? log : undefined;
  out.int(MODES.indexOf(plan.mode));
  out.int(STDIO_KINDS.indexOf(stdio.kind));
  out.int(stdinMode(stdio));
  out.int(stdio.kind === 'pipes' ? stdio.uid : 0);
  out.int(stdio.kind === 'pipes' ? stdio.gid : 0);
  out.int(file ? 1 : 0);
  out.int(file?.maxSizeBytes ?? 0);
  out.int(file?.maxFiles ?? 0);
  out.flag(plan.dieWithKeeper ?? true);
  out.int(plan.preserveFds ?? 0);
  out.int(NAMES_WHEN.indexOf(plan.names?.answer ?? 'when-asked'));
  out.text(plan.runDir);
  out.text((stdio.kind === 'terminal' && stdio.consoleSocket) || '');
  out.text(file?.path ?? '');
  out.text(file?.attrs ?? '');
  out.texts(file?.compress ?? []);
  out.texts(exit.collect.flatMap((file) => [file.name, file.path]));
  out.texts(exit.command?.argv ?? []);
  out.texts(exit.command?.env ?? []);
  out.text(plan.names?.socket ?? '');
  out.text(plan.names?.id ?? '');
  out.texts(plan.names?.resolver.argv ?? []);
  out.texts(plan.names?.resolver.env ?? []);
  encodeForward(out, log.forward);
}

function idMap(ranges: readonly IdRange[]): Buffer {
  return packed(ranges.flatMap((range) => [range.inside, range.outside, range.size]));
}

function options(list: readonly { readonly key: string; readonly value?: string }[]): string[] {
  return list.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`));
}

function wordMask(members: readonly number[]): Buffer {
  const mask = Buffer.alloc(8 * (Math.floor(Math.max(0, ...members) / 64) + 1));
  for (const member of members) mask[member >> 3] = (mask[member >> 3] ?? 0) | (1 << (member & 7));
  return mask;
}

function encodeOp(out: PlanWriter, op: PlanOp): void {
  switch (op.op) {
    case 'mkdir':
      out.place(op.at).int(op.mode).flag(op.parents).flag(op.existOk).int(op.uid).int(op.gid);
      break;
    case 'write':
      out
        .place(op.at)
        .blob(op.data)
        .int(op.create)
        .flag(op.append)
        .flag(op.only === 'proc');
      break;
    case 'open':
      out
        .int(op.slot)
        .place(op.at)
        .int(op.flags)
        .int(op.mode ?? 0);
      break;
    case 'open-child':
      out
        .int(op.slot)
        .text(op.path)
        .int(op.flags ?? 0);
      break;
    case 'open-process':
      out.int(op.slot).int(op.pid).int(op.startTime);
      break;
    case 'connect':
      out.int(op.slot).text(op.path);
      break;
    case 'close':
      out.int(op.slot);
      break;
    case 'symlink':
      out.place(op.at).text(op.target).flag(op.existOk);
      break;
    case 'mknod':
      out.place(op.at).int(['char', 'block', 'fifo'].indexOf(op.type)).int(op.mode).int(op.major).int(op.minor);
      out.int(op.uid).int(op.gid).flag(op.existOk);
      break;
    case 'own':
      out.place(op.at).int(op.uid).int(op.gid).int(op.mode);
      break;
    case 'unlink':
      out.place(op.at);
      break;
    case 'rmdir':
      out.place(op.at).int(op.retryMs ?? 0);
      break;
    case 'remove-tree':
      out.place(op.at).flag(op.keepTop);
      break;
    default:
      encodeMountOp(out, op);
  }
}

type NotFileOp = Exclude<
  PlanOp,
  {
    op:
      | 'mkdir'
      | 'write'
      | 'open'
      | 'open-child'
      | 'open-process'
      | 'connect'
      | 'close'
      | 'symlink'
      | 'mknod'
      | 'own'
      | 'unlink'
      | 'rmdir'
      | 'remove-tree';
  }
>;

function encodeMountOp(out: PlanWriter, op: NotFileOp): void {
  switch (op.op) {
    case 'new-mount':
      out.int(op.slot).text(op.fsType).texts(options(op.options)).int(op.attrs);
      break;
    case 'clone-mount':
      out.int(op.slot).place(op.at).flag(op.recursive);
      break;
    case 'mount-attributes':
      out
        .place(op.at)
        .int(op.set)
        .int(op.clear)
        .int(op.propagation ?? 0)
        .flag(op.recursive)
        .int(op.userns);
      break;
    case 'attach':
      out
        .int(op.slot)
        .place(op.at)
        .int(op.create === undefined ? 0 : CREATE_KINDS[op.create]);
      break;
    case 'unmount':
      out.place(op.at).int(op.flags);
      break;
    case 'remount':
      out.place(op.at).texts(options(op.options));
      break;
    case 'mask':
    case 'read-only':
      out.place(op.at);
      break;
    case 'copy-up':
      out.place(op.from).int(op.slot);
      break;
    case 'fill-volume':
      out.place(op.from).int(op.slot).text(op.marker);
      break;
    case 'map-namespace':
      out.int(op.slot).blob(idMap(op.uid)).blob(idMap(op.gid));
      break;
    case 'pivot-root':
      out.int(op.slot).int(['pivot', 'move', 'chroot'].indexOf(op.how));
      break;
    default:
      encodeNamespaceOp(out, op);
  }
}

type NotMountOp = Exclude<
  NotFileOp,
  {
    op:
      | 'new-mount'
      | 'clone-mount'
      | 'mount-attributes'
      | 'attach'
      | 'unmount'
      | 'remount'
      | 'mask'
      | 'read-only'
      | 'copy-up'
      | 'fill-volume'
      | 'map-namespace'
      | 'pivot-root';
  }
>;

function encodeNamespaceOp(out: PlanWriter, op: NotMountOp): void {
  switch (op.op) {
    case 'clone':
      out.int(namespaceFlags(op.namespaces)).int(op.cgroup);
      break;
    case 'unshare':
      out.int(namespaceFlags(op.namespaces));
      break;
    case 'join-namespaces':
      out.int(op.slot).int(namespaceFlags(op.namespaces));
      break;
    case 'time-namespace':
      out.int(op.monotonicNs).int(op.boottimeNs);
      break;
    case 'id-maps':
      out.blob(idMap(op.uid)).blob(idMap(op.gid)).flag(op.denySetgroups);
      out.text(op.helpers?.uid ?? '').text(op.helpers?.gid ?? '');
      break;
    case 'join-cgroups':
      out.texts(op.files);
      break;
    case 'device-filter':
      out.text(op.cgroup).blob(op.program);
      break;
    case 'netlink':
      encodeNetlink(out, op);
      break;
    case 'netlink-batches':
      out.int(op.family).place(op.at).blob(op.planned);
      break;
    case 'hostname':
    case 'domainname':
      out.text(op.name);
      break;
    case 'name-sockets':
      out.int(op.address).int(op.port);
      break;
    default:
      encodeProcessOp(out, op);
  }
}

type ProcessOnlyOp = Exclude<
  NotMountOp,
  {
    op:
      | 'clone'
      | 'unshare'
      | 'join-namespaces'
      | 'time-namespace'
      | 'id-maps'
      | 'join-cgroups'
      | 'device-filter'
      | 'netlink'
      | 'netlink-batches'
      | 'hostname'
      | 'domainname'
      | 'name-sockets';
  }
>;

/** As many as the largest kernels are made for (NR_CPUS). */
const ALL_CPUS = 8192;
/** Flags of `run`, see native/run.c. */
const RUN_WITH_PID = 1;
const RUN_WITH_HOME = 2;

function encodeProcessOp(out: PlanWriter, op: ProcessOnlyOp): void {
  switch (op.op) {
    case 'post':
    case 'wait':
    case 'gate':
    case 'no-new-privileges':
      break;
    case 'run':
      out
        .text(op.path ?? '')
        .texts(op.argv)
        .texts(op.env);
      out.text(op.stdinBefore ?? '').text(op.stdinAfter ?? '');
      out
        .int((op.stdinAfter === undefined ? 0 : RUN_WITH_PID) | (op.completeHome === true ? RUN_WITH_HOME : 0))
        .int(op.timeoutMs ?? 0)
        .text(op.cwd ?? '');
      break;
    case 'terminal':
      out.place(op.at).int(op.rows).int(op.cols).int(op.uid).int(op.gid);
      out.place(op.console ?? NOWHERE).flag(op.bareNewlines === true);
      break;
    case 'rlimit':
      out.int(op.resource).int(op.soft).int(op.hard);
      break;
    case 'umask':
      out.int(op.mask);
      break;
    case 'credentials':
      encodeCredentials(out, op);
      break;
    case 'seccomp':
      out.blob(op.filter).int(op.flags).int(op.listener?.socket);
      out.texts(op.listener?.state ?? []);
      break;
    case 'chdir':
      out.text(op.path);
      break;
    case 'scheduler':
      out.int(op.policy).int(op.flags).int(BigInt(op.nice)).int(op.priority);
      out.int(op.runtimeNs).int(op.deadlineNs).int(op.periodNs);
      break;
    case 'io-priority':
      out.int(op.value);
      break;
    case 'cpu-affinity':
      out.blob(op.cpus === 'all' ? Buffer.alloc(ALL_CPUS / 8, 0xff) : wordMask(op.cpus));
      break;
    case 'memory-policy':
      out.int(op.mode).blob(op.nodes.length === 0 ? Buffer.alloc(0) : wordMask(op.nodes));
      break;
    case 'personality':
      out.int(op.persona);
      break;
    case 'session-keyring':
      out.text(op.name);
      break;
    case 'find-program':
      out.text(op.name).text(op.searchPath);
      break;
    case 'exec':
      out.text(op.name).text(op.searchPath).texts(op.argv).texts(op.env);
      break;
    case 'send-pidfd':
      out.text(op.path);
      break;
    case 'home':
      out.int(op.uid);
      break;
    case 'kill-cgroup':
      out.texts(op.procs).text(op.killFile ?? '');
      break;
    default:
      op satisfies never;
  }
}

const NOWHERE: Place = { path: '' };

function encodeCredentials(out: PlanWriter, op: Extract<PlanOp, { op: 'credentials' }>): void {
  const caps = op.capabilities;
  out.int(op.uid).int(op.gid);
  out.flag(op.groups !== undefined).blob(packed(op.groups ?? []));
  out.flag(caps !== undefined);
  out
    .int(caps?.bounding ?? 0n)
    .int(caps?.permitted ?? 0n)
    .int(caps?.effective ?? 0n);
  out.int(caps?.inheritable ?? 0n).int(caps?.ambient ?? 0n);
}
