/** Resource usage of a container as a row of `stats`. */
import type { ContainerStats } from '#spec/docker-api/system.ts';
import type { GoStruct } from '../template/values.ts';
import { binarySize, humanSize } from './human-size.ts';
import { row } from './rows.ts';
import { shortId } from './shorten.ts';

export const STATS_HEADER: Readonly<Record<string, string>> = {
  Container: 'CONTAINER',
  Name: 'NAME',
  ID: 'CONTAINER ID',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  NetIO: 'NET I/O',
  BlockIO: 'BLOCK I/O',
  PIDs: 'PIDS',
};

const TABLE =
  'table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}';

export const statsFormat = (format: string): string => (format === 'table' ? TABLE : format);

const NOTHING = '--';

/** Share of one CPU in percent between the sample and the one before it. */
export function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus || (now.cpu_usage.percpu_usage?.length ?? 0);
  return used > 0 && passed > 0 ? (used / passed) * cpus * 100 : 0;
}

/** Bytes in use without the page cache that can go at any time. */
export function memoryUsed({ memory_stats: memory }: ContainerStats): number {
  const usage = memory.usage ?? 0;
  const v1 = memory.stats?.['total_inactive_file'];
  if (v1 !== undefined && v1 < usage) return usage - v1;
  const v2 = memory.stats?.['inactive_file'] ?? 0;
  return v2 < usage ? usage - v2 : usage;
}

function blockBytes(stats: ContainerStats, letter: 'r' | 'w'): number {
  const entries = stats.blkio_stats?.io_service_bytes_recursive ?? [];
  return entries
    .filter((entry) => entry.op.toLowerCase().startsWith(letter))
    .reduce((total, entry) => total + entry.value, 0);
}

function networkBytes(stats: ContainerStats, direction: 'rx_bytes' | 'tx_bytes'): number {
  return Object.values(stats.networks ?? {}).reduce((total, network) => total + network[direction], 0);
}

/**
 * @param container as the user named it
 * @param stats the last sample; `undefined` when there is none that still holds
 */
export function statsRow(container: string, stats: ContainerStats | undefined, truncate: boolean): GoStruct {
  const percent = (value: number) => `${value.toFixed(2)}%`;
  const pair = (a: number, b: number) => `${humanSize(a, 3)} / ${humanSize(b, 3)}`;
  const known =
    (show: (sample: ContainerStats) => string, unknown = NOTHING) =>
    () =>
      stats === undefined ? unknown : show(stats);
  return row('*container.statsContext', {
    Container: () => container,
    Name: known((sample) => (sample.name.length > 1 ? sample.name.slice(1) : NOTHING)),
    ID: known((sample) => (truncate ? shortId(sample.id) : sample.id), ''),
    CPUPerc: known((sample) => percent(cpuPercent(sample))),
    MemUsage: known(
      (sample) => `${binarySize(memoryUsed(sample))} / ${binarySize(sample.memory_stats.limit ?? 0)}`,
      '-- / --',
    ),
    MemPerc: known((sample) => {
      const limit = sample.memory_stats.limit ?? 0;
      return percent(limit === 0 ? 0 : (memoryUsed(sample) / limit) * 100);
    }),
    NetIO: known((sample) => pair(networkBytes(sample, 'rx_bytes'), networkBytes(sample, 'tx_bytes'))),
    BlockIO: known((sample) => pair(blockBytes(sample, 'r'), blockBytes(sample, 'w'))),
    PIDs: known((sample) => String(sample.pids_stats?.current ?? 0)),
  });
}
