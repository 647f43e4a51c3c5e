import { BerthError } from '#base/errors.ts';
import { parseNumberList } from '#base/number-list.ts';
import type { Resources } from '#spec/docker-api/containers.ts';

/** What this kernel's control groups can do. */
export interface LimitSupport {
  readonly memory: boolean;
  readonly swap: boolean;
  readonly swappiness: boolean;
  readonly memoryReservation: boolean;
  readonly oomKillDisable: boolean;
  readonly pids: boolean;
  readonly cpuShares: boolean;
  readonly cpuQuota: boolean;
  readonly cpuRealtime: boolean;
  readonly cpuset: boolean;
  readonly blkioWeight: boolean;
  readonly blkioWeightDevice: boolean;
  readonly blkioThrottle: boolean;
  /** Lists as the kernel prints them, for example `0-1`. */
  readonly cpus: string;
  readonly mems: string;
  readonly cpuCount: number;
}

type Draft = { -readonly [K in keyof Resources]: Resources[K] };

const MINIMUM_MEMORY = 6 * 1024 * 1024;

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'resources.invalid', message);
}

/**
 * Checks limits as Docker does and takes off what this kernel cannot do, with Docker's warnings.
 *
 * @param update true for a change of a container that exists, where a lone swap limit is allowed
 * @returns the limits to use and the warnings to show
 * @throws invalid with Docker's words
 */
export function checkResources(
  resources: Resources,
  support: LimitSupport,
  update: boolean,
): { resources: Resources; warnings: string[] } {
  const draft: Draft = { ...resources };
  const warnings: string[] = [];
  checkMemory(draft, support, update, warnings);
  checkMemoryBehaviour(draft, support, warnings);
  checkCpu(draft, support, warnings);
  checkCpuset(draft, support, warnings);
  checkBlockIo(draft, support, warnings);
  return { resources: draft, warnings };
}

function checkMemory(draft: Draft, support: LimitSupport, update: boolean, warnings: string[]): void {
  if (draft.MemorySwappiness === -1) draft.MemorySwappiness = null;
  if (draft.Memory !== 0 && draft.Memory < MINIMUM_MEMORY) throw invalid('Minimum memory limit allowed is 6MB');
  if (draft.Memory > 0 && !support.memory) {
    warnings.push(
      'Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
    );
    draft.Memory = 0;
    draft.MemorySwap = -1;
  }
  if (draft.Memory > 0 && draft.MemorySwap !== -1 && !support.swap) {
    warnings.push(
      'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
    );
    draft.MemorySwap = -1;
  }
  if (draft.Memory > 0 && draft.MemorySwap > 0 && draft.MemorySwap < draft.Memory) {
    throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (draft.Memory === 0 && draft.MemorySwap > 0 && !update) {
    throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage');
  }
  if (draft.MemoryReservation > 0 && !support.memoryReservation) {
    warnings.push(
      'Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.',
    );
    draft.MemoryReservation = 0;
  }
  if (draft.MemoryReservation > 0 && draft.MemoryReservation < MINIMUM_MEMORY) {
    throw invalid('Minimum memory reservation allowed is 6MB');
  }
  if (draft.Memory > 0 && draft.MemoryReservation > 0 && draft.Memory < draft.MemoryReservation) {
    throw invalid('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
}

function checkMemoryBehaviour(draft: Draft, support: LimitSupport, warnings: string[]): void {
  const swappiness = draft.MemorySwappiness;
  if (swappiness !== null && !support.swappiness) {
    warnings.push(
      'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
    );
    draft.MemorySwappiness = null;
  } else if (swappiness !== null && (swappiness < 0 || swappiness > 100)) {
    throw invalid(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
  if (draft.OomKillDisable !== null && !support.oomKillDisable) {
    if (draft.OomKillDisable) {
      warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    }
    draft.OomKillDisable = null;
  }
  if (draft.OomKillDisable && draft.Memory === 0) {
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  }
  if (draft.PidsLimit !== null && !support.pids) {
    if (draft.PidsLimit > 0) {
      warnings.push(
        'Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.',
      );
    }
    draft.PidsLimit = null;
  }
  if ((draft.KernelMemory ?? 0) !== 0 || (draft.KernelMemoryTCP ?? 0) !== 0) {
    throw new BerthError(
      'unsupported',
      'resources.kernel-memory',
      'kernel memory limits are not supported: the kernel has no such limit any more',
    );
  }
}

function checkCpu(draft: Draft, support: LimitSupport, warnings: string[]): void {
  if (draft.NanoCpus > 0 && draft.CpuPeriod > 0) {
    throw invalid('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  }
  if (draft.NanoCpus > 0 && draft.CpuQuota > 0) {
    throw invalid('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  }
  if (draft.NanoCpus > 0 && !support.cpuQuota) {
    throw invalid(
      'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted',
    );
  }
  if (draft.NanoCpus < 0 || draft.NanoCpus > support.cpuCount * 1e9) {
    const n = support.cpuCount;
    throw invalid(`range of CPUs is from 0.01 to ${n}.00, as there are only ${n} CPUs available`);
  }
  if (draft.CpuShares < 0) throw invalid(`invalid CPU shares (${draft.CpuShares}): value must be a positive integer`);
  if (draft.CpuShares > 0 && !support.cpuShares) {
    warnings.push('Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.');
    draft.CpuShares = 0;
  }
  if ((draft.CpuPeriod !== 0 || draft.CpuQuota !== 0) && !support.cpuQuota) {
    warnings.push('Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.');
    draft.CpuPeriod = 0;
    draft.CpuQuota = 0;
  }
  if (draft.CpuPeriod !== 0 && (draft.CpuPeriod < 1000 || draft.CpuPeriod > 1_000_000)) {
    throw invalid('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (draft.CpuQuota > 0 && draft.CpuQuota < 1000) {
    throw invalid('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  }
  if ((draft.CpuRealtimePeriod !== 0 || draft.CpuRealtimeRuntime !== 0) && !support.cpuRealtime) {
    throw invalid('kernel does not support CPU real-time scheduler');
  }
  if (draft.CpuRealtimePeriod !== 0 && draft.CpuRealtimeRuntime > draft.CpuRealtimePeriod) {
    throw invalid('cpu real-time runtime cannot be higher than cpu real-time period');
  }
  if (draft.CpuPercent > 0) {
    warnings.push('linux does not support CPU percent. Percent discarded.');
    draft.CpuPercent = 0;
  }
}

function checkCpuset(draft: Draft, support: LimitSupport, warnings: string[]): void {
  if ((draft.CpusetCpus !== '' || draft.CpusetMems !== '') && !support.cpuset) {
    warnings.push('Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.');
    draft.CpusetCpus = '';
    draft.CpusetMems = '';
  }
  checkMembers(draft.CpusetCpus, support.cpus, 'cpuset cpus', 'CPUs');
  checkMembers(draft.CpusetMems, support.mems, 'cpuset mems', 'memory nodes');
}

function checkMembers(wanted: string, available: string, field: string, noun: string): void {
  if (wanted === '') return;
  const members = parseNumberList(wanted);
  if (members === undefined) throw invalid(`Invalid value ${wanted} for ${field}: invalid format`);
  const present = parseNumberList(available) ?? new Set<number>();
  if ([...members].some((member) => !present.has(member))) {
    throw invalid(`Requested ${noun} are not available - requested ${wanted}, available: ${available}`);
  }
}

function checkBlockIo(draft: Draft, support: LimitSupport, warnings: string[]): void {
  if (draft.BlkioWeight > 0 && !support.blkioWeight) {
    warnings.push('Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.');
    draft.BlkioWeight = 0;
  }
  if (draft.BlkioWeight !== 0 && (draft.BlkioWeight < 10 || draft.BlkioWeight > 1000)) {
    throw invalid('Range of blkio weight is from 10 to 1000');
  }
  if (draft.IOMaximumBandwidth !== 0 || draft.IOMaximumIOps !== 0) {
    throw invalid('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
  }
  if ((draft.BlkioWeightDevice ?? []).length > 0 && !support.blkioWeightDevice) {
    warnings.push(
      'Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.',
    );
    draft.BlkioWeightDevice = [];
  }
  if (support.blkioThrottle) return;
  for (const [field, unit, direction] of THROTTLES) {
    if ((draft[field] ?? []).length === 0) continue;
    warnings.push(
      `Your kernel does not support ${unit} Block I/O ${direction} limit or the cgroup is not mounted. Block I/O ${unit} ${direction} limit discarded.`,
    );
    draft[field] = [];
  }
}

const THROTTLES = [
  ['BlkioDeviceReadBps', 'BPS', 'read'],
  ['BlkioDeviceWriteBps', 'BPS', 'write'],
  ['BlkioDeviceReadIOps', 'IOPS', 'read'],
  ['BlkioDeviceWriteIOps', 'IOPS', 'write'],
] as const;
