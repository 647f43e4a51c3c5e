/** Flags of docker's `update`, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

export const UPDATE_FLAGS: readonly FlagSpec[] = [
  {
    name: 'blkio-weight',
    type: 'uint16',
    usage: 'Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)',
  },
  { name: 'cpu-period', type: 'int', usage: 'Limit CPU CFS (Completely Fair Scheduler) period' },
  { name: 'cpu-quota', type: 'int', usage: 'Limit CPU CFS (Completely Fair Scheduler) quota' },
  { name: 'cpu-rt-period', type: 'int', usage: 'Limit the CPU real-time period in microseconds' },
  { name: 'cpu-rt-runtime', type: 'int', usage: 'Limit the CPU real-time runtime in microseconds' },
  { name: 'cpu-shares', short: 'c', type: 'int', usage: 'CPU shares (relative weight)' },
  { name: 'cpus', type: 'decimal', usage: 'Number of CPUs' },
  { name: 'cpuset-cpus', type: 'string', usage: 'CPUs in which to allow execution (0-3, 0,1)' },
  { name: 'cpuset-mems', type: 'string', usage: 'MEMs in which to allow execution (0-3, 0,1)' },
  { name: 'kernel-memory', type: 'bytes', usage: 'Kernel memory limit (deprecated)', hidden: true },
  { name: 'memory', short: 'm', type: 'bytes', usage: 'Memory limit' },
  { name: 'memory-reservation', type: 'bytes', usage: 'Memory soft limit' },
  {
    name: 'memory-swap',
    type: 'bytes',
    unlimited: true,
    usage: 'Swap limit equal to memory plus swap: -1 to enable unlimited swap',
  },
  { name: 'pids-limit', type: 'int', usage: 'Tune container pids limit (set -1 for unlimited)' },
  { name: 'publish-add', type: 'list', usage: 'Publish one more port of a running container', own: true },
  { name: 'publish-rm', type: 'list', usage: 'End the publishing of a port (80/tcp, 8080:80)', own: true },
  { name: 'restart', type: 'string', usage: 'Restart policy to apply when a container exits' },
];
