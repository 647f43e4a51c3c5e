import { parseKeyed, readCount, readLimit } from './control-file.ts';
import { type CgroupHost, groupDir, hierarchyOf, readTextIfPresent } from './host.ts';
import { type BlkioEntry, type GroupUsage, NO_BLKIO_STATS, pidsStats } from './stats-shape.ts';

/** cpuacct.stat counts in USER_HZ, which is 100 on every Linux that Berth runs on. */
const NS_PER_TICK = 10_000_000;

/** The v1 driver's part of `readStats`. A controller that is not mounted gives zeros. */
export function statsV1(host: CgroupHost, path: string): GroupUsage {
  const file = (controller: string, name: string): string => {
    const hierarchy = hierarchyOf(host, controller);
    return hierarchy === undefined ? '/nonexistent' : `${groupDir(hierarchy, path)}/${name}`;
  };
  const read = (controller: string, name: string): string => readTextIfPresent(file(controller, name)) ?? '';
  const throttled = parseKeyed(read('cpu', 'cpu.stat'));
  const modes = parseKeyed(read('cpuacct', 'cpuacct.stat'));
  const perCpu = read('cpuacct', 'cpuacct.usage_percpu');
  return {
    cpu: {
      cpu_usage: {
        total_usage: readCount(file('cpuacct', 'cpuacct.usage')),
        percpu_usage: perCpu
          .split(/\s+/)
          .filter((word) => word !== '')
          .map(Number),
        usage_in_kernelmode: (modes['system'] ?? 0) * NS_PER_TICK,
        usage_in_usermode: (modes['user'] ?? 0) * NS_PER_TICK,
      },
      throttling_data: {
        periods: throttled['nr_periods'] ?? 0,
        throttled_periods: throttled['nr_throttled'] ?? 0,
        throttled_time: throttled['throttled_time'] ?? 0,
      },
    },
    memory: {
      usage: readCount(file('memory', 'memory.usage_in_bytes')),
      max_usage: readCount(file('memory', 'memory.max_usage_in_bytes')),
      stats: parseKeyed(read('memory', 'memory.stat')),
      failcnt: readCount(file('memory', 'memory.failcnt')),
      limit: readLimit(file('memory', 'memory.limit_in_bytes')) ?? Number.POSITIVE_INFINITY,
    },
    blkio: {
      ...NO_BLKIO_STATS,
      io_service_bytes_recursive: blkio(read, 'io_service_bytes_recursive'),
      io_serviced_recursive: blkio(read, 'io_serviced_recursive'),
    },
    pids: pidsStats(readCount(file('pids', 'pids.current')), readLimit(file('pids', 'pids.max'))),
  };
}

/** bfq counts only devices it schedules; the throttling layer counts all. */
function blkio(read: (controller: string, file: string) => string, name: string): BlkioEntry[] {
  const scheduled = parseBlkio(read('blkio', `blkio.bfq.${name}`));
  return scheduled.length > 0 ? scheduled : parseBlkio(read('blkio', `blkio.throttle.${name}`));
}

/** Lines `8:0 Read 4096`; the last line is a sum over all devices. */
export function parseBlkio(text: string): BlkioEntry[] {
  return [...text.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm)].map(([, major, minor, op = '', value]) => ({
    major: Number(major),
    minor: Number(minor),
    op,
    value: Number(value),
  }));
}
