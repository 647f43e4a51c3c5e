import { parseKeyed, readCount, readLimit } from './control-file.ts';
import { type CgroupHost, groupDir, readTextIfPresent } from './host.ts';
import { type BlkioEntry, type GroupUsage, NO_BLKIO_STATS, pidsStats } from './stats-shape.ts';

const NS_PER_US = 1000;

/** The v2 driver's part of `readStats`. A controller that is not enabled gives zeros. */
export function statsV2(host: CgroupHost, path: string): GroupUsage {
  if (host.unified === undefined) throw new Error('cgroup v2 is not mounted');
  const dir = groupDir(host.unified, path);
  const read = (name: string): string => readTextIfPresent(`${dir}/${name}`) ?? '';
  const cpu = parseKeyed(read('cpu.stat'));
  const nanoseconds = (key: string): number => (cpu[key] ?? 0) * NS_PER_US;
  return {
    cpu: {
      cpu_usage: {
        total_usage: nanoseconds('usage_usec'),
        usage_in_kernelmode: nanoseconds('system_usec'),
        usage_in_usermode: nanoseconds('user_usec'),
      },
      throttling_data: {
        periods: cpu['nr_periods'] ?? 0,
        throttled_periods: cpu['nr_throttled'] ?? 0,
        throttled_time: nanoseconds('throttled_usec'),
      },
    },
    memory: {
      usage: readCount(`${dir}/memory.current`),
      stats: parseKeyed(read('memory.stat')),
      ...failures(parseKeyed(read('memory.events'))['oom'] ?? 0),
      limit: readLimit(`${dir}/memory.max`) ?? Number.POSITIVE_INFINITY,
    },
    blkio: { ...NO_BLKIO_STATS, io_service_bytes_recursive: orNull(parseIoStat(read('io.stat'))) },
    pids: pidsStats(readCount(`${dir}/pids.current`), readLimit(`${dir}/pids.max`)),
  };
}

/** Docker says null where nothing was read or written. */
function orNull(entries: BlkioEntry[]): BlkioEntry[] | null {
  return entries.length === 0 ? null : entries;
}

/** Docker's `failcnt`: how often the group ran out of memory; absent when it never did. */
function failures(failcnt: number): { failcnt?: number } {
  return failcnt === 0 ? {} : { failcnt };
}

/** Lines `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
export function parseIoStat(text: string): BlkioEntry[] {
  return [...text.matchAll(/^(\d+):(\d+) (.+)$/gm)].flatMap(([, major, minor, rest = '']) => {
    const figures = new Map(
      rest.split(' ').map((pair): [string, number] => {
        const [key = '', value] = pair.split('=');
        return [key, Number(value)];
      }),
    );
    const entry = (op: string, key: string): BlkioEntry[] => {
      const value = figures.get(key);
      return value === undefined ? [] : [{ major: Number(major), minor: Number(minor), op, value }];
    };
    return [...entry('read', 'rbytes'), ...entry('write', 'wbytes')];
  });
}
