import {
  type Check,
  flag,
  int64,
  integer,
  list,
  nonEmpty,
  object,
  record,
  text,
  textLike,
  uint32,
  uint64,
} from './check.ts';
import type {
  LinuxBlockIO,
  LinuxCPU,
  LinuxDeviceCgroup,
  LinuxHugepageLimit,
  LinuxInterfacePriority,
  LinuxMemory,
  LinuxNetwork,
  LinuxPids,
  LinuxRdma,
  LinuxResources,
  LinuxThrottleDevice,
  LinuxWeightDevice,
} from './config.ts';

const deviceRule = object<LinuxDeviceCgroup>(
  {
    allow: flag,
    type: textLike((value) => /^[abcup]?$/.test(value), 'a, b, c, u or p'),
    major: int64,
    minor: int64,
    access: textLike((value) => /^[rwm]*$/.test(value), 'made of the letters r, w and m'),
  },
  ['allow'],
);

const memory = object<LinuxMemory>({
  limit: int64,
  reservation: int64,
  swap: int64,
  kernel: int64,
  kernelTCP: int64,
  swappiness: uint64,
  disableOOMKiller: flag,
  useHierarchy: flag,
  checkBeforeUpdate: flag,
});

const cpu = object<LinuxCPU>({
  shares: uint64,
  quota: int64,
  burst: uint64,
  period: uint64,
  realtimeRuntime: int64,
  realtimePeriod: uint64,
  cpus: text,
  mems: text,
  idle: int64,
});

const weight = integer(0, 65535);
const throttle = list(object<LinuxThrottleDevice>({ major: int64, minor: int64, rate: uint64 }, ['major', 'minor']));

const blockIO = object<LinuxBlockIO>({
  weight,
  leafWeight: weight,
  weightDevice: list(
    object<LinuxWeightDevice>({ major: int64, minor: int64, weight, leafWeight: weight }, ['major', 'minor']),
  ),
  throttleReadBpsDevice: throttle,
  throttleWriteBpsDevice: throttle,
  throttleReadIOPSDevice: throttle,
  throttleWriteIOPSDevice: throttle,
});

const hugepage = object<LinuxHugepageLimit>(
  {
    pageSize: textLike((value) => /^[1-9][0-9]*[KMG]B$/.test(value), 'a page size such as 2MB'),
    limit: uint64,
  },
  ['pageSize', 'limit'],
);

const network = object<LinuxNetwork>({
  classID: uint32,
  priorities: list(object<LinuxInterfacePriority>({ name: nonEmpty, priority: uint32 }, ['name', 'priority'])),
});

/** The `linux.resources` section; also what `update --resources` reads. */
export const resourcesSection: Check<LinuxResources> = object<LinuxResources>({
  devices: list(deviceRule),
  memory,
  cpu,
  pids: object<LinuxPids>({ limit: int64 }),
  blockIO,
  hugepageLimits: list(hugepage),
  network,
  rdma: record(object<LinuxRdma>({ hcaHandles: uint32, hcaObjects: uint32 })),
  unified: record(text),
});
