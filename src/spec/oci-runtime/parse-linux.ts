import {
  type Check,
  exactUint64,
  flag,
  int64,
  integer,
  list,
  nonEmpty,
  object,
  oneOf,
  record,
  text,
  textLike,
  uint32,
} from './check.ts';
import type {
  Linux,
  LinuxDevice,
  LinuxIDMapping,
  LinuxIntelRdt,
  LinuxMemoryPolicy,
  LinuxNamespace,
  LinuxNetDevice,
  LinuxPersonality,
  LinuxSeccomp,
  LinuxSeccompArg,
  LinuxSyscall,
  LinuxTimeOffset,
} from './config.ts';
import { resourcesSection } from './parse-resources.ts';

export const idMappings: Check<readonly LinuxIDMapping[]> = list(
  object<LinuxIDMapping>({ containerID: uint32, hostID: uint32, size: uint32 }, ['containerID', 'hostID', 'size']),
);

const namespace = object<LinuxNamespace>(
  {
    type: oneOf('mount', 'pid', 'network', 'uts', 'ipc', 'user', 'cgroup', 'time'),
    path: textLike((value) => value === '' || value.startsWith('/'), 'an absolute path'),
  },
  ['type'],
);

const device = object<LinuxDevice>(
  {
    path: nonEmpty,
    type: oneOf('c', 'b', 'u', 'p'),
    major: int64,
    minor: int64,
    // Some engines put the file type bits in as well: only permissions count.
    fileMode: integer(0, 0xffffffff),
    uid: uint32,
    gid: uint32,
  },
  ['path', 'type'],
);

const action = oneOf(
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_NOTIFY',
);

const seccompArg = object<LinuxSeccompArg>(
  {
    index: integer(0, 5),
    value: exactUint64,
    valueTwo: exactUint64,
    op: oneOf(
      'SCMP_CMP_NE',
      'SCMP_CMP_LT',
      'SCMP_CMP_LE',
      'SCMP_CMP_EQ',
      'SCMP_CMP_GE',
      'SCMP_CMP_GT',
      'SCMP_CMP_MASKED_EQ',
    ),
  },
  ['index', 'value', 'op'],
);

const syscall = object<LinuxSyscall>({ names: list(nonEmpty), action, errnoRet: uint32, args: list(seccompArg) }, [
  'names',
  'action',
]);

const seccomp = object<LinuxSeccomp>(
  {
    defaultAction: action,
    defaultErrnoRet: uint32,
    architectures: list(
      textLike((value) => /^SCMP_ARCH_[A-Z0-9_]+$/.test(value), 'an architecture such as SCMP_ARCH_X86'),
    ),
    flags: list(
      oneOf(
        'SECCOMP_FILTER_FLAG_TSYNC',
        'SECCOMP_FILTER_FLAG_LOG',
        'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
        'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
      ),
    ),
    listenerPath: text,
    listenerMetadata: text,
    syscalls: list(syscall),
  },
  ['defaultAction'],
);

const memoryPolicy = object<LinuxMemoryPolicy>({ mode: text, nodes: text, flags: list(text) });

const timeOffset = object<LinuxTimeOffset>({ secs: int64, nanosecs: uint32 });

/** The `linux` section. */
export const linuxSection: Check<Linux> = object<Linux>({
  uidMappings: idMappings,
  gidMappings: idMappings,
  sysctl: record(text),
  resources: resourcesSection,
  cgroupsPath: text,
  namespaces: list(namespace),
  devices: list(device),
  netDevices: record(object<LinuxNetDevice>({ name: text })),
  seccomp,
  rootfsPropagation: text,
  maskedPaths: list(text),
  readonlyPaths: list(text),
  mountLabel: text,
  intelRdt: object<LinuxIntelRdt>({
    closID: text,
    schemata: list(text),
    l3CacheSchema: text,
    memBwSchema: text,
    enableMonitoring: flag,
  }),
  memoryPolicy,
  personality: object<LinuxPersonality>({ domain: oneOf('LINUX', 'LINUX32'), flags: list(text) }),
  timeOffsets: object<NonNullable<Linux['timeOffsets']>>({ boottime: timeOffset, monotonic: timeOffset }),
});
