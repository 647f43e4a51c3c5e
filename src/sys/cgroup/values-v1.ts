import { BerthError } from '#base/errors.ts';
import type { LinuxBlockIO, LinuxCPU, LinuxMemory, LinuxResources } from '#spec/oci-runtime/config.ts';
import type { FileValue } from './cgroup-plan.ts';
import { hugePageName, pidsMax, rdmaLine, unsupportedHere } from './limits.ts';

/** Reads a file of the new group's parent or tells that it is not there: some files depend on the kernel's configuration. */
export type HasFile = (controller: string, file: string) => boolean;

/**
 * The v1 control files that express the limits, in the order in which a fresh group accepts them
 * (Documentation/admin-guide/cgroup-v1). Device rules and the cpuset's inherited parts are not among them.
 *
 * @param has whether a group of the controller has the file on this kernel
 * @throws BerthError `unsupported` for a limit that v1 or this kernel does not have, `invalid` for impossible values
 */
export function valuesV1(resources: LinuxResources, has: HasFile): FileValue[] {
  if (resources.unified !== undefined && Object.keys(resources.unified).length > 0) {
    throw unsupportedHere(
      `unified.${Object.keys(resources.unified)[0]}`,
      'it needs cgroup v2, and this machine runs v1',
    );
  }
  return [
    ...cpusetValues(resources.cpu ?? {}),
    ...cpuValues(resources.cpu ?? {}),
    ...memoryValues(resources.memory ?? {}, has),
    ...pidsValues(resources),
    ...blockIoValues(resources.blockIO ?? {}, has),
    ...networkValues(resources),
    ...hugePageValues(resources, has),
    ...rdmaValues(resources),
  ];
}

/** Collects the values that were asked for: `undefined` adds nothing. */
function lister(controller: string): {
  values: FileValue[];
  add: (file: string, value: unknown, setting: string) => void;
} {
  const values: FileValue[] = [];
  const add = (file: string, value: unknown, setting: string): void => {
    if (value !== undefined && value !== null && value !== '') {
      values.push({ controller, file, data: String(value), setting });
    }
  };
  return { values, add };
}

function cpusetValues(cpu: LinuxCPU): FileValue[] {
  const { values, add } = lister('cpuset');
  add('cpuset.cpus', cpu.cpus, 'cpu.cpus');
  add('cpuset.mems', cpu.mems, 'cpu.mems');
  return values;
}

function cpuValues(cpu: LinuxCPU): FileValue[] {
  const { values, add } = lister('cpu');
  add('cpu.shares', cpu.shares === 0 ? undefined : cpu.shares, 'cpu.shares');
  // The period first: a quota is checked against the period in force.
  add('cpu.cfs_period_us', cpu.period === 0 ? undefined : cpu.period, 'cpu.period');
  add('cpu.cfs_quota_us', cpu.quota === 0 ? undefined : cpu.quota, 'cpu.quota');
  add('cpu.cfs_burst_us', cpu.burst, 'cpu.burst');
  add('cpu.rt_period_us', cpu.realtimePeriod === 0 ? undefined : cpu.realtimePeriod, 'cpu.realtimePeriod');
  add('cpu.rt_runtime_us', cpu.realtimeRuntime === 0 ? undefined : cpu.realtimeRuntime, 'cpu.realtimeRuntime');
  add('cpu.idle', cpu.idle, 'cpu.idle');
  return values;
}

function memoryValues(memory: LinuxMemory, has: HasFile): FileValue[] {
  const { values, add } = lister('memory');
  const limit = memory.limit === 0 ? undefined : memory.limit;
  const swap = memory.swap === 0 ? undefined : memory.swap;
  if (memory.kernel !== undefined && memory.kernel > 0) {
    throw unsupportedHere(
      'memory.kernel',
      'kernel memory has no limit of its own since Linux 5.16; memory.limit covers it',
    );
  }
  if (swap !== undefined && swap > 0) requireSwapAboveLimit(swap, limit);
  if (swap !== undefined && !has('memory', 'memory.memsw.limit_in_bytes')) {
    throw unsupportedHere('memory.swap', 'the kernel runs without swap accounting (boot option swapaccount=1)');
  }
  // memory + swap can never be below memory, so a fresh group takes the memory limit first.
  add('memory.limit_in_bytes', limit, 'memory.limit');
  add('memory.memsw.limit_in_bytes', swap, 'memory.swap');
  add('memory.soft_limit_in_bytes', memory.reservation === 0 ? undefined : memory.reservation, 'memory.reservation');
  add('memory.kmem.tcp.limit_in_bytes', memory.kernelTCP === 0 ? undefined : memory.kernelTCP, 'memory.kernelTCP');
  add('memory.swappiness', memory.swappiness, 'memory.swappiness');
  add('memory.oom_control', memory.disableOOMKiller === true ? 1 : undefined, 'memory.disableOOMKiller');
  if (memory.useHierarchy === false) {
    throw unsupportedHere('memory.useHierarchy', 'groups are always accounted with their children since Linux 5.11');
  }
  return values;
}

function requireSwapAboveLimit(swap: number, limit: number | undefined): void {
  if (limit === undefined || limit < 0) {
    throw new BerthError(
      'invalid',
      'cgroup.limit',
      'memory.swap is memory plus swap: it needs memory.limit to be set as well',
    );
  }
  if (swap < limit) {
    throw new BerthError(
      'invalid',
      'cgroup.limit',
      `memory.swap (memory plus swap, ${swap}) is smaller than memory.limit (${limit})`,
    );
  }
}

function pidsValues(resources: LinuxResources): FileValue[] {
  const { values, add } = lister('pids');
  const limit = resources.pids?.limit;
  add('pids.max', limit === undefined ? undefined : pidsMax(limit), 'pids.limit');
  return values;
}

function blockIoValues(io: LinuxBlockIO, has: HasFile): FileValue[] {
  const { values, add } = lister('blkio');
  const weightFile = ['blkio.bfq.weight', 'blkio.weight'].find((file) => has('blkio', file));
  const wantsWeight = (io.weight ?? 0) !== 0 || (io.weightDevice ?? []).length > 0;
  if (wantsWeight && weightFile === undefined) {
    throw unsupportedHere('blockIO.weight', 'the kernel has no proportional block I/O scheduler (bfq)');
  }
  add(weightFile ?? '', io.weight === 0 ? undefined : io.weight, 'blockIO.weight');
  const device = (entry: { major: number; minor: number }): string => `${entry.major}:${entry.minor}`;
  for (const entry of io.weightDevice ?? []) {
    if (entry.weight !== undefined)
      add(`${weightFile}_device`, `${device(entry)} ${entry.weight}`, 'blockIO.weightDevice');
    if (entry.leafWeight !== undefined) throw leafWeight();
  }
  if (io.leafWeight !== undefined && io.leafWeight !== 0) throw leafWeight();
  const throttles = [
    ['blkio.throttle.read_bps_device', io.throttleReadBpsDevice, 'blockIO.throttleReadBpsDevice'],
    ['blkio.throttle.write_bps_device', io.throttleWriteBpsDevice, 'blockIO.throttleWriteBpsDevice'],
    ['blkio.throttle.read_iops_device', io.throttleReadIOPSDevice, 'blockIO.throttleReadIOPSDevice'],
    ['blkio.throttle.write_iops_device', io.throttleWriteIOPSDevice, 'blockIO.throttleWriteIOPSDevice'],
  ] as const;
  for (const [file, entries, setting] of throttles) {
    for (const entry of entries ?? []) add(file, `${device(entry)} ${entry.rate}`, setting);
  }
  return values;
}

function leafWeight(): BerthError {
  return unsupportedHere('blockIO.leafWeight', 'leaf weights went with the CFQ scheduler in Linux 5.0');
}

function networkValues(resources: LinuxResources): FileValue[] {
  const cls = lister('net_cls');
  cls.add('net_cls.classid', resources.network?.classID, 'network.classID');
  const prio = lister('net_prio');
  for (const { name, priority } of resources.network?.priorities ?? []) {
    prio.add('net_prio.ifpriomap', `${name} ${priority}`, 'network.priorities');
  }
  return [...cls.values, ...prio.values];
}

function hugePageValues(resources: LinuxResources, has: HasFile): FileValue[] {
  const { values, add } = lister('hugetlb');
  for (const entry of resources.hugepageLimits ?? []) {
    const name = hugePageName(entry.pageSize);
    add(`hugetlb.${name}.limit_in_bytes`, entry.limit, 'hugepageLimits');
    const reserved = `hugetlb.${name}.rsvd.limit_in_bytes`;
    if (has('hugetlb', reserved)) add(reserved, entry.limit, 'hugepageLimits');
  }
  return values;
}

function rdmaValues(resources: LinuxResources): FileValue[] {
  const { values, add } = lister('rdma');
  for (const [device, limit] of Object.entries(resources.rdma ?? {})) add('rdma.max', rdmaLine(device, limit), 'rdma');
  return values;
}
