import { BerthError } from '#base/errors.ts';
import type { LinuxBlockIO, LinuxCPU, LinuxMemory, LinuxResources } from '#spec/oci-runtime/config.ts';
import type { FileValue } from './cgroup-plan.ts';
import { hugePageName, ioWeightFromBlkio, pidsMax, rdmaLine, unsupportedHere, weightFromShares } from './limits.ts';
import type { HasFile } from './values-v1.ts';

/**
 * The v2 control files that express the limits (Documentation/admin-guide/cgroup-v2.rst). `unified` entries come last, verbatim,
 * so they override what was derived from the v1 words.
 *
 * @param has whether a non-root group has the file on this kernel
 * @throws BerthError `unsupported` for a limit that v2 or this kernel does not have, `invalid` for impossible values
 */
export function valuesV2(resources: LinuxResources, has: HasFile): FileValue[] {
  refuseV1Only(resources);
  return [
    ...cpusetValues(resources.cpu ?? {}),
    ...cpuValues(resources.cpu ?? {}),
    ...memoryValues(resources.memory ?? {}, has),
    ...pidsValues(resources),
    ...ioValues(resources.blockIO ?? {}, has),
    ...hugePageValues(resources, has),
    ...rdmaValues(resources),
    ...unifiedValues(resources),
  ];
}

function refuseV1Only(resources: LinuxResources): void {
  const { cpu = {}, memory = {}, network = {}, blockIO = {} } = resources;
  const refused: [boolean, string, string][] = [
    [(cpu.realtimePeriod ?? 0) !== 0, 'cpu.realtimePeriod', 'cgroup v2 has no realtime budget'],
    [(cpu.realtimeRuntime ?? 0) !== 0, 'cpu.realtimeRuntime', 'cgroup v2 has no realtime budget'],
    [(memory.kernel ?? 0) > 0, 'memory.kernel', 'memory.limit covers kernel memory'],
    [(memory.kernelTCP ?? 0) > 0, 'memory.kernelTCP', 'memory.limit covers socket buffers on cgroup v2'],
    [memory.swappiness !== undefined, 'memory.swappiness', 'cgroup v2 has no swappiness per group'],
    [
      memory.disableOOMKiller === true,
      'memory.disableOOMKiller',
      'cgroup v2 cannot disable the OOM killer for a group',
    ],
    [memory.useHierarchy === false, 'memory.useHierarchy', 'cgroup v2 always accounts groups with their children'],
    [(network.classID ?? 0) !== 0, 'network.classID', 'cgroup v2 has no network class controller'],
    [(network.priorities ?? []).length > 0, 'network.priorities', 'cgroup v2 has no network priority controller'],
    [(blockIO.leafWeight ?? 0) !== 0, 'blockIO.leafWeight', 'cgroup v2 has no leaf weights'],
    [
      (blockIO.weightDevice ?? []).some((d) => d.leafWeight !== undefined),
      'blockIO.weightDevice.leafWeight',
      'cgroup v2 has no leaf weights',
    ],
  ];
  for (const [asked, setting, why] of refused) if (asked) throw unsupportedHere(setting, why);
}

function cpusetValues(cpu: LinuxCPU): FileValue[] {
  const values: FileValue[] = [];
  if (cpu.cpus) values.push({ controller: 'cpuset', file: 'cpuset.cpus', data: cpu.cpus, setting: 'cpu.cpus' });
  if (cpu.mems) values.push({ controller: 'cpuset', file: 'cpuset.mems', data: cpu.mems, setting: 'cpu.mems' });
  return values;
}

function cpuValues(cpu: LinuxCPU): FileValue[] {
  const values: FileValue[] = [];
  const add = (file: string, data: string, setting: string): number =>
    values.push({ controller: 'cpu', file, data, setting });
  if (cpu.shares) add('cpu.weight', String(weightFromShares(cpu.shares)), 'cpu.shares');
  if (cpu.quota || cpu.period) {
    // cpu.max takes `quota period`; a quota alone keeps the period, a period alone needs the quota repeated.
    const quota = cpu.quota === undefined || cpu.quota <= 0 ? 'max' : String(cpu.quota);
    add('cpu.max', cpu.period ? `${quota} ${cpu.period}` : quota, cpu.quota ? 'cpu.quota' : 'cpu.period');
  }
  if (cpu.burst !== undefined) add('cpu.max.burst', String(cpu.burst), 'cpu.burst');
  if (cpu.idle !== undefined) add('cpu.idle', String(cpu.idle), 'cpu.idle');
  return values;
}

function memoryValues(memory: LinuxMemory, has: HasFile): FileValue[] {
  const values: FileValue[] = [];
  const add = (file: string, data: string, setting: string): number =>
    values.push({ controller: 'memory', file, data, setting });
  const swapMax = swapMaxOf(memory);
  if (swapMax !== undefined && !has('memory', 'memory.swap.max')) {
    throw unsupportedHere('memory.swap', 'the kernel runs without swap accounting (boot option swapaccount=1)');
  }
  // Swap first: a smaller memory.max makes the kernel reclaim at once, and what it may swap out should be settled by then.
  if (swapMax !== undefined) add('memory.swap.max', swapMax, 'memory.swap');
  if (memory.limit) add('memory.max', memory.limit < 0 ? 'max' : String(memory.limit), 'memory.limit');
  if (memory.reservation)
    add('memory.low', memory.reservation < 0 ? 'max' : String(memory.reservation), 'memory.reservation');
  return values;
}

/**
 * The runtime specification's `memory.swap` is memory plus swap, as v1 has it; v2 limits swap alone.
 *
 * @returns the text for memory.swap.max, `undefined` when no limit is asked for
 */
export function swapMaxOf(memory: LinuxMemory): string | undefined {
  const { swap, limit } = memory;
  if (swap === undefined || swap === 0) return undefined;
  if (swap < 0) return 'max';
  if (limit === undefined || limit <= 0) {
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
  return String(swap - limit);
}

function pidsValues(resources: LinuxResources): FileValue[] {
  const limit = resources.pids?.limit;
  if (limit === undefined) return [];
  return [{ controller: 'pids', file: 'pids.max', data: pidsMax(limit), setting: 'pids.limit' }];
}

function ioValues(io: LinuxBlockIO, has: HasFile): FileValue[] {
  const values: FileValue[] = [];
  const add = (file: string, data: string, setting: string): number =>
    values.push({ controller: 'io', file, data, setting });
  const bfq = has('io', 'io.bfq.weight');
  const wantsWeight = Boolean(io.weight) || (io.weightDevice ?? []).length > 0;
  if (wantsWeight && !bfq && !has('io', 'io.weight')) {
    throw unsupportedHere('blockIO.weight', 'the kernel has no proportional block I/O scheduler (bfq or iocost)');
  }
  const weight = (value: number): string => String(bfq ? value : ioWeightFromBlkio(value));
  const file = bfq ? 'io.bfq.weight' : 'io.weight';
  if (io.weight) add(file, bfq ? weight(io.weight) : `default ${weight(io.weight)}`, 'blockIO.weight');
  for (const entry of io.weightDevice ?? []) {
    if (entry.weight) add(file, `${entry.major}:${entry.minor} ${weight(entry.weight)}`, 'blockIO.weightDevice');
  }
  const throttles = [
    ['rbps', io.throttleReadBpsDevice, 'blockIO.throttleReadBpsDevice'],
    ['wbps', io.throttleWriteBpsDevice, 'blockIO.throttleWriteBpsDevice'],
    ['riops', io.throttleReadIOPSDevice, 'blockIO.throttleReadIOPSDevice'],
    ['wiops', io.throttleWriteIOPSDevice, 'blockIO.throttleWriteIOPSDevice'],
  ] as const;
  for (const [key, entries, setting] of throttles) {
    for (const { major, minor, rate } of entries ?? []) {
      add('io.max', `${major}:${minor} ${key}=${rate === 0 ? 'max' : rate}`, setting);
    }
  }
  return values;
}

function hugePageValues(resources: LinuxResources, has: HasFile): FileValue[] {
  return (resources.hugepageLimits ?? []).flatMap((entry) => {
    const name = hugePageName(entry.pageSize);
    const files = [`hugetlb.${name}.max`, `hugetlb.${name}.rsvd.max`];
    return files
      .filter((file, index) => index === 0 || has('hugetlb', file))
      .map((file) => ({ controller: 'hugetlb', file, data: String(entry.limit), setting: 'hugepageLimits' }));
  });
}

function rdmaValues(resources: LinuxResources): FileValue[] {
  return Object.entries(resources.rdma ?? {}).map(([device, limit]) => ({
    controller: 'rdma',
    file: 'rdma.max',
    data: rdmaLine(device, limit),
    setting: 'rdma',
  }));
}

function unifiedValues(resources: LinuxResources): FileValue[] {
  return Object.entries(resources.unified ?? {}).map(([file, data]) => {
    const controller = file.slice(0, file.indexOf('.'));
    if (!/^[a-z]+(\.[A-Za-z0-9_]+)+$/.test(file)) {
      throw new BerthError(
        'invalid',
        'cgroup.limit',
        `unified: ${JSON.stringify(file)} is not a control file such as memory.high`,
      );
    }
    return { controller, file, data, setting: `unified.${file}` };
  });
}
