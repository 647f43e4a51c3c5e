import { constants } from 'node:os';
import { BerthError, type ErrorKind } from '#base/errors.ts';
import type { LaunchPlan, OpName, PlanOp, Side } from './plan.ts';
import { type FailureReason, OPCODES, REASONS, SETTINGS_OPCODE, SIDES } from './wire.ts';

/** What the keeper says about a failed op. */
export interface PlanFailure {
  readonly side: Side;
  /** Position in `plan.ops`; -1 when it was not an op of the plan. */
  readonly index: number;
  readonly op: OpName | 'settings' | 'none';
  readonly errno: number;
  readonly reason: FailureReason;
  readonly path: string;
  /** The kernel's or a program's own words, when there are any. */
  readonly detail: string;
}

/** A start that the keeper could not carry out. Everything it had made is gone when this is thrown. */
export class PlanError extends BerthError {
  readonly failure: PlanFailure;

  constructor(failure: PlanFailure, about?: string) {
    super(kindOf(failure), codeOf(failure), explainFailure(failure, about), {
      details: { side: failure.side, op: failure.op, errno: errnoName(failure.errno), path: failure.path },
    });
    this.name = 'PlanError';
    this.failure = failure;
  }

  get side(): Side {
    return this.failure.side;
  }
  get index(): number {
    return this.failure.index;
  }
  get op(): OpName | 'settings' | 'none' {
    return this.failure.op;
  }
  get errno(): number {
    return this.failure.errno;
  }
  get path(): string {
    return this.failure.path;
  }
  get reason(): FailureReason {
    return this.failure.reason;
  }
}

const OP_BY_CODE = new Map<number, OpName>(Object.entries(OPCODES).map(([name, code]) => [code, name as OpName]));

/** Reads the keeper's report (layout: MSG_FAILED in native/protocol.h). */
export function decodeFailure(bytes: Buffer): PlanFailure {
  const opcode = bytes.readUInt16LE(1);
  const pathLength = bytes.readUInt16LE(12);
  const detailAt = 14 + pathLength + 2;
  return {
    side: SIDES[bytes.readUInt8(0)] ?? 'before',
    index: bytes.readUInt32LE(3) - 1,
    op: OP_BY_CODE.get(opcode) ?? (opcode === SETTINGS_OPCODE ? 'settings' : 'none'),
    errno: bytes.readInt32LE(7),
    reason: REASONS[bytes.readUInt8(11)] ?? 'none',
    path: bytes.toString('utf8', 14, 14 + pathLength),
    detail: bytes.toString('utf8', detailAt, detailAt + bytes.readUInt16LE(detailAt - 2)),
  };
}

/** The failure of `plan` as an error that says what was being done. */
export function planError(plan: LaunchPlan, failure: PlanFailure): PlanError {
  const op: PlanOp | undefined = plan.ops[failure.index];
  return new PlanError(failure, op?.about);
}

/** Exit status docker gives for a start that failed so: 127 not found, 126 not executable, 128 otherwise. */
export function exitStatusOf(failure: PlanFailure): number {
  switch (failure.reason) {
    case 'not-found':
    case 'no-interpreter':
    case 'crlf-interpreter':
      return 127;
    case 'not-executable':
    case 'directory':
    case 'bad-format':
    case 'wrong-machine':
    case 'noexec-mount':
      return 126;
    default:
      return 128;
  }
}

const ERRNO_NAMES = new Map<number, string>(Object.entries(constants.errno).map(([name, n]) => [n, name]));

/** `ENOENT` for 2; `errno 999` for numbers without a name. */
export function errnoName(errno: number): string {
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}

const ERRNO_WORDS: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted',
  ERANGE: 'numerical result out of range',
  ENOENT: 'no such file or directory',
  ESRCH: 'no such process',
  EACCES: 'permission denied',
  EEXIST: 'file exists',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  EBUSY: 'device or resource busy',
  ENODEV: 'no such device',
  ELOOP: 'too many levels of symbolic links',
  ENOSYS: 'not supported by this kernel',
  EOPNOTSUPP: 'operation not supported',
  ENOMEM: 'out of memory',
  EAGAIN: 'resource temporarily unavailable',
  ENAMETOOLONG: 'file name too long',
  ECANCELED: 'given up',
  EOWNERDEAD: 'the keeper died',
};

function errnoWords(errno: number): string {
  const name = errnoName(errno);
  return ERRNO_WORDS[name] ?? name;
}

const MACHINES: Readonly<Record<string, string>> = {
  3: '386',
  21: 'ppc64le',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

function explainExec({ path, reason, detail, errno }: PlanFailure): string | undefined {
  const name = `exec: ${JSON.stringify(path)}`;
  switch (reason) {
    case 'not-found':
      return path.includes('/')
        ? `${name}: stat ${path}: no such file or directory`
        : `${name}: executable file not found in $PATH`;
    case 'not-executable':
      return `${name}: permission denied`;
    case 'directory':
      return `${name}: is a directory`;
    case 'no-interpreter':
      return `${name}: its interpreter ${JSON.stringify(detail)} does not exist in the container: no such file or directory`;
    case 'crlf-interpreter':
      return `${name}: its first line ends in CR LF (DOS line ends), so the interpreter "${detail}\\r" does not exist: no such file or directory`;
    case 'bad-format':
      return `${name}: exec format error (neither a program for this machine nor a script that starts with #!)`;
    case 'wrong-machine':
      return `${name}: exec format error (a program for ${MACHINES[detail] ?? `machine ${detail}`}, this machine is ${process.arch === 'x64' ? 'amd64' : process.arch})`;
    case 'noexec-mount':
      return `${name}: permission denied (it lies on a mount with the option noexec)`;
    case 'none':
      return errno === 0 ? undefined : `${name}: ${errnoWords(errno)}`;
    default:
      return undefined;
  }
}

const TRIED: Readonly<Record<OpName | 'settings' | 'none', string>> = {
  settings: 'prepare the start',
  none: 'start',
  mkdir: 'make directory',
  write: 'write',
  open: 'open',
  'open-child': 'open',
  'open-process': 'find process',
  connect: 'connect to',
  close: 'close',
  symlink: 'make symbolic link',
  mknod: 'make device',
  own: 'set the owner of',
  unlink: 'remove',
  rmdir: 'remove directory',
  'remove-tree': 'remove',
  'new-mount': 'make filesystem',
  'clone-mount': 'bind',
  'mount-attributes': 'set mount options of',
  attach: 'mount at',
  unmount: 'unmount',
  remount: 'remount',
  mask: 'mask',
  'read-only': 'make read-only',
  'copy-up': 'copy',
  'fill-volume': 'fill the volume at',
  'map-namespace': 'make a user namespace for id-mapped mounts',
  'pivot-root': 'change the root',
  clone: 'make the namespaces',
  unshare: 'make namespaces',
  'join-namespaces': 'join namespaces',
  'time-namespace': 'make the time namespace',
  'id-maps': 'set user and group id maps',
  'join-cgroups': 'join control group',
  'device-filter': 'install the device filter on',
  netlink: 'set up the network',
  hostname: 'set the host name',
  domainname: 'set the domain name',
  'name-sockets': 'open the name server sockets',
  'netlink-batches': 'clean up the network',
  post: 'synchronize',
  wait: 'synchronize',
  gate: 'wait for start',
  run: 'run',
  terminal: 'open the terminal',
  rlimit: 'set a resource limit',
  umask: 'set umask',
  credentials: 'set user, groups and capabilities',
  'no-new-privileges': 'set no_new_privs',
  seccomp: 'install the seccomp filter',
  chdir: 'change to working directory',
  scheduler: 'set the scheduler',
  'io-priority': 'set the I/O priority',
  'cpu-affinity': 'set the CPU affinity',
  personality: 'set the personality',
  'session-keyring': 'make the session keyring',
  'find-program': 'find program',
  exec: 'run',
  'kill-cgroup': 'kill the control group',
  home: 'find the home directory',
  'memory-policy': 'set the memory policy',
  'send-pidfd': 'send the pidfd to',
};

/** A sentence for users: what was tried, on what, and why it failed. */
export function explainFailure(failure: PlanFailure, about?: string): string {
  if (failure.op === 'exec' || failure.op === 'find-program') {
    const words = explainExec(failure);
    if (words) return words;
  }
  if (failure.reason === 'malformed') return `the keeper refused the launch plan: ${failure.op} op ${failure.index}`;
  if (failure.reason === 'child-died') return `the process died while it was being set up: ${failure.detail}`;
  if (failure.op === 'attach' && about === undefined && errnoName(failure.errno) === 'ELOOP') {
    // A /proc that is a link in the image would have its own files taken for the kernel's (CVE-2019-19921).
    return `${failure.path} must be mounted on ordinary directory: ${whyOf(failure)}`;
  }
  if (failure.op === 'scheduler' && errnoName(failure.errno) === 'EPERM') {
    // sched_setattr(2), "Errors".
    return "set the scheduler: operation not permitted (for a deadline: process scheduler can't be used together with AllowedCPUs; for real time: the control group needs cpu.rt_runtime_us)";
  }
  // As runc says it, for those who look for it.
  const prefix = failure.op === 'run' && about !== undefined ? 'error running ' : '';
  const what = [`${prefix}${about ?? TRIED[failure.op]}`, failure.path].filter((part) => part !== '').join(' ');
  return `${what}: ${whyOf(failure)}`;
}

/** Of signals that end programs, in the words of signal(7). */
const SIGNALS: Readonly<Record<string, string>> = {
  6: 'signal 6: aborted',
  9: 'signal 9: killed',
  11: 'signal 11: segmentation fault',
  15: 'signal 15: terminated',
  31: 'signal 31: bad system call',
};

function whyOf({ reason, errno, detail }: PlanFailure): string {
  if (reason === 'program-failed') return detail.replace(/^signal (\d+)/, (text, number) => SIGNALS[number] ?? text);
  if (reason === 'timeout') return 'it did not end in time';
  if (reason === 'outside-root') return 'the directory is outside of the container root';
  return detail ? `${errnoWords(errno)} (${detail})` : errnoWords(errno);
}

function kindOf(failure: PlanFailure): ErrorKind {
  return exitStatusOf(failure) === 128 ? 'internal' : 'invalid';
}

function codeOf(failure: PlanFailure): string {
  return failure.reason === 'none' ? `start.${failure.op}` : `start.${failure.reason}`;
}
