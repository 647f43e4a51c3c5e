import { setTimeout as sleep } from 'node:timers/promises';
import { isBerthError } from '#base/errors.ts';
import { formatTimeNs, nowNs, ZERO_TIME } from '#base/time.ts';
import type { ContainerStats, CpuStats } from '#spec/docker-api/system.ts';
import type { CgroupStats } from '#sys/cgroup/stats-shape.ts';
import { NO_BLKIO_STATS, NO_CPU_STATS } from '#sys/cgroup/stats-shape.ts';
import type { Containers, LocatedContainer } from '../containers/api.ts';
import type { Stats, StatsOptions } from './api.ts';

const INTERVAL_MS = 1000;

export interface StatsParts {
  readonly containers: Pick<Containers, 'locate'>;
  /** @throws not-found when the group does not exist (any more) */
  readonly readGroup: (cgroupPath: string) => CgroupStats;
  /** Counters of the interfaces that a process has. */
  readonly readInterfaces: (pid: number) => NonNullable<ContainerStats['networks']>;
  readonly top: Stats['top'];
}

interface Reading {
  readonly read: string;
  readonly cpu: CpuStats;
}

const NEVER: Reading = { read: ZERO_TIME, cpu: NO_CPU_STATS };

/** What a container that does not run uses: nothing, in docker's form of it. */
function idleStats(container: LocatedContainer): ContainerStats {
  return {
    read: ZERO_TIME,
    preread: ZERO_TIME,
    pids_stats: {},
    blkio_stats: NO_BLKIO_STATS,
    num_procs: 0,
    storage_stats: {},
    cpu_stats: NO_CPU_STATS,
    precpu_stats: NO_CPU_STATS,
    memory_stats: {},
    name: `/${container.name}`,
    id: container.id,
  };
}

function readGroup(parts: StatsParts, container: LocatedContainer): CgroupStats | undefined {
  if (!container.running) return undefined;
  try {
    return parts.readGroup(container.cgroupPath);
  } catch (error) {
    // It ended between being looked up and being read.
    if (isBerthError(error, 'not-found')) return undefined;
    throw error;
  }
}

function sample(parts: StatsParts, container: LocatedContainer, before: Reading): ContainerStats {
  const group = readGroup(parts, container);
  if (group === undefined) return idleStats(container);
  return {
    read: formatTimeNs(nowNs()),
    preread: before.read,
    pids_stats: group.pids_stats,
    blkio_stats: group.blkio_stats,
    num_procs: 0,
    storage_stats: {},
    cpu_stats: group.cpu_stats,
    precpu_stats: before.cpu,
    memory_stats: group.memory_stats,
    // The host's interfaces say nothing about a container.
    ...(container.networkMode === 'host' ? {} : { networks: parts.readInterfaces(container.pid) }),
    name: `/${container.name}`,
    id: container.id,
  };
}

/** Waits; false when aborted meanwhile. */
async function pause(abort: AbortSignal | undefined): Promise<boolean> {
  try {
    await sleep(INTERVAL_MS, undefined, abort === undefined ? {} : { signal: abort });
    return true;
  } catch {
    return false;
  }
}

async function* once(parts: StatsParts, first: LocatedContainer, oneShot: boolean, abort: AbortSignal | undefined) {
  const before = sample(parts, first, NEVER);
  if (oneShot || before.read === ZERO_TIME) {
    yield before;
    return;
  }
  if (await pause(abort))
    yield sample(parts, await parts.containers.locate(first.id), { read: before.read, cpu: before.cpu_stats });
}

async function* stream(parts: StatsParts, first: LocatedContainer, abort: AbortSignal | undefined) {
  let before = NEVER;
  let container = first;
  for (;;) {
    const now = sample(parts, container, before);
    yield now;
    before = { read: now.read, cpu: now.cpu_stats };
    if (!(await pause(abort))) return;
    try {
      container = await parts.containers.locate(first.id);
    } catch (error) {
      // A container that is gone has no more statistics: the stream ends, it does not fail.
      if (isBerthError(error, 'not-found')) return;
      throw error;
    }
  }
}

/** Statistics in the shape of the Docker Engine API, from control groups. */
export function createStats(parts: StatsParts): Stats {
  return {
    async read(ref: string, options: StatsOptions, abort?: AbortSignal) {
      const container = await parts.containers.locate(ref);
      return options.stream ? stream(parts, container, abort) : once(parts, container, options.oneShot, abort);
    },
    top: parts.top,
  };
}
