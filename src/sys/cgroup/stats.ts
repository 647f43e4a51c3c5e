import { availableParallelism } from 'node:os';
import { BerthError } from '#base/errors.ts';
import { machineCpuTime, memoryInfoBytes } from '../proc-host.ts';
import type { CgroupHost } from './host.ts';
import { normalizeCgroupPath } from './path.ts';
import { existingDirs } from './processes.ts';
import type { CgroupStats } from './stats-shape.ts';
import { statsV1 } from './stats-v1.ts';
import { statsV2 } from './stats-v2.ts';

/**
 * Reads what a container has used, in the shape of the Docker Engine API.
 *
 * @throws BerthError `not-found` when the group does not exist
 */
export function readStats(host: CgroupHost, path: string): CgroupStats {
  const group = normalizeCgroupPath(path);
  if (existingDirs(host, group).length === 0) {
    throw new BerthError(
      'not-found',
      'cgroup.gone',
      `the control group ${group} does not exist: the container is not running`,
    );
  }
  const usage = host.version === 1 ? statsV1(host, group) : statsV2(host, group);
  const machine = machineCpuTime();
  const machineBytes = memoryInfoBytes('MemTotal');
  const limit = usage.memory.limit === undefined ? machineBytes : Math.min(usage.memory.limit, machineBytes);
  return {
    cpu_stats: {
      ...usage.cpu,
      system_cpu_usage: machine.totalNs,
      online_cpus: machine.onlineCpus > 0 ? machine.onlineCpus : availableParallelism(),
    },
    memory_stats: { ...usage.memory, limit },
    blkio_stats: usage.blkio,
    pids_stats: usage.pids,
  };
}
