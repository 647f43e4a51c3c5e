import {
  absolutePath,
  type Check,
  exactUint64,
  flag,
  int32,
  integer,
  list,
  object,
  oneOf,
  text,
  textLike,
  uint32,
  uint64,
} from './check.ts';
import type {
  Box,
  CPUAffinity,
  LinuxCapabilities,
  LinuxIOPriority,
  POSIXRlimit,
  Process,
  Scheduler,
  User,
} from './config.ts';

const box = object<Box>({ height: uint64, width: uint64 }, ['height', 'width']);

const user = object<User>({
  uid: uint32,
  gid: uint32,
  umask: integer(0, 0o777),
  additionalGids: list(uint32),
  username: text,
});

const capabilities = object<LinuxCapabilities>({
  bounding: list(text),
  effective: list(text),
  inheritable: list(text),
  permitted: list(text),
  ambient: list(text),
});

const rlimit = object<POSIXRlimit>(
  {
    type: textLike((value) => /^RLIMIT_[A-Z]+$/.test(value), 'a resource such as RLIMIT_NOFILE'),
    soft: exactUint64,
    hard: exactUint64,
  },
  ['type', 'soft', 'hard'],
);

const scheduler = object<Scheduler>(
  {
    policy: oneOf('SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_ISO', 'SCHED_IDLE', 'SCHED_DEADLINE'),
    nice: int32,
    priority: int32,
    flags: list(
      oneOf(
        'SCHED_FLAG_RESET_ON_FORK',
        'SCHED_FLAG_RECLAIM',
        'SCHED_FLAG_DL_OVERRUN',
        'SCHED_FLAG_KEEP_POLICY',
        'SCHED_FLAG_KEEP_PARAMS',
        'SCHED_FLAG_UTIL_CLAMP_MIN',
        'SCHED_FLAG_UTIL_CLAMP_MAX',
      ),
    ),
    runtime: exactUint64,
    deadline: exactUint64,
    period: exactUint64,
  },
  ['policy'],
);

const ioPriority = object<LinuxIOPriority>(
  { class: oneOf('IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE'), priority: integer(0, 7) },
  ['class'],
);

const cpuList = textLike((value) => /^[0-9, -]*$/.test(value), 'a list of CPUs such as 0-3,7');

/** The `process` section; also what `exec --process` reads. */
export const processSection: Check<Process> = object<Process>(
  {
    terminal: flag,
    consoleSize: box,
    user,
    args: list(text),
    env: list(text),
    cwd: absolutePath,
    capabilities,
    rlimits: list(rlimit),
    noNewPrivileges: flag,
    apparmorProfile: text,
    oomScoreAdj: integer(-1000, 1000),
    scheduler,
    selinuxLabel: text,
    ioPriority,
    execCPUAffinity: object<CPUAffinity>({ initial: cpuList, final: cpuList }),
  },
  ['cwd'],
);
