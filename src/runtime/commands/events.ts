import { setTimeout } from 'node:timers/promises';
import { BerthError } from '#base/errors.ts';
import { monotonicMs } from '#base/time.ts';
import { type CgroupHost, groupDir, hierarchyOf, readTextIfPresent } from '#sys/cgroup/host.ts';
import { oomKillCount } from '#sys/cgroup/oom.ts';
import { listPids } from '#sys/cgroup/processes.ts';
import { readStats } from '#sys/cgroup/stats.ts';
import type { CgroupStats } from '#sys/cgroup/stats-shape.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { loadState } from '../state/container-state.ts';
import { aliveInit } from '../state/container-status.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

const DEFAULT_INTERVAL_MS = 5000;
/** How often a container is looked at, to see its end in time. */
const WATCH_MS = 100;

/** `events`: statistics at an interval and out-of-memory kills until the container ends, or statistics once with `--stats`. */
export async function events(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  const state = loadState(context.root, id);
  const { cgroups } = context.facts;
  const path = state.cgroupPath;
  const intervalMs = duration(flags.text('interval'));
  if (aliveInit(state) === undefined) {
    throw new BerthError('conflict', 'container.not-running', `container with id ${id} is not running`);
  }
  if (cgroups === undefined || path === undefined) {
    throw new BerthError('unsupported', 'cgroup.none', `container ${id} has no control group of its own`);
  }
  const report = (): void => {
    const data = statsDocument(readStats(cgroups, path), listPids(cgroups, path).length);
    context.print(`${JSON.stringify({ type: 'stats', id, data })}\n`);
  };
  report();
  let kills = oomKills(cgroups, path);
  let next = monotonicMs() + intervalMs;
  while (!flags.flag('stats') && aliveInit(state) !== undefined) {
    await setTimeout(Math.min(WATCH_MS, intervalMs));
    const now = oomKills(cgroups, path);
    for (; kills < now; kills++) context.print(`${JSON.stringify({ type: 'oom', id })}\n`);
    if (monotonicMs() < next || aliveInit(state) === undefined) continue;
    report();
    next = monotonicMs() + intervalMs;
  }
  return 0;
}

/** How many processes the kernel has killed there for want of memory. */
function oomKills(host: CgroupHost, path: string): number {
  const hierarchy = host.version === 1 ? hierarchyOf(host, 'memory') : host.unified;
  if (hierarchy === undefined) return 0;
  const name = host.version === 1 ? 'memory.oom_control' : 'memory.events';
  return oomKillCount({ [name]: readTextIfPresent(`${groupDir(hierarchy, path)}/${name}`) ?? '' });
}

function duration(text: string | undefined): number {
  if (text === undefined) return DEFAULT_INTERVAL_MS;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ''];
  if (match === null || unit === undefined || Number(match[1]) === 0) {
    throw new BerthError(
      'invalid',
      'runtime.usage',
      `--interval ${text}: must be a duration greater than 0 such as 5s`,
    );
  }
  return Number(match[1]) * unit;
}

/** The figures under the names that runc gives them. */
function statsDocument(stats: CgroupStats, processes: number) {
  const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids, blkio_stats: blkio } = stats;
  return {
    cpu: {
      usage: {
        total: cpu.cpu_usage.total_usage,
        ...(cpu.cpu_usage.percpu_usage === undefined ? {} : { percpu: cpu.cpu_usage.percpu_usage }),
        kernel: cpu.cpu_usage.usage_in_kernelmode,
        user: cpu.cpu_usage.usage_in_usermode,
      },
      throttling: {
        periods: cpu.throttling_data.periods,
        throttledPeriods: cpu.throttling_data.throttled_periods,
        throttledTime: cpu.throttling_data.throttled_time,
      },
    },
    memory: {
      usage: {
        limit: memory.limit ?? 0,
        usage: memory.usage ?? 0,
        max: memory.max_usage ?? 0,
        failcnt: memory.failcnt ?? 0,
      },
      raw: memory.stats ?? {},
    },
    pids: { current: pids.current ?? processes, ...(pids.limit === undefined ? {} : { limit: pids.limit }) },
    blkio: {
      ioServiceBytesRecursive: blkio.io_service_bytes_recursive ?? [],
      ioServicedRecursive: blkio.io_serviced_recursive ?? [],
    },
    hugetlb: {},
    intel_rdt: {},
    network_interfaces: null,
  };
}
