import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BerthError } from '#base/errors.ts';
import { ZERO_TIME } from '#base/time.ts';
import { type CgroupStats, NO_BLKIO_STATS, NO_CPU_STATS } from '#sys/cgroup/stats-shape.ts';
import type { LocatedContainer } from '../containers/api.ts';
import { createStats, type StatsParts } from './container-stats.ts';
import { listProcesses } from './top.ts';

let total = 0;

function group(): CgroupStats {
  total += 1;
  return {
    cpu_stats: {
      ...NO_CPU_STATS,
      cpu_usage: { ...NO_CPU_STATS.cpu_usage, total_usage: total },
      system_cpu_usage: 9,
      online_cpus: 2,
    },
    memory_stats: { usage: 5, limit: 10 },
    blkio_stats: NO_BLKIO_STATS,
    pids_stats: { current: 1 },
  };
}

const COUNTERS = {
  rx_bytes: 1,
  rx_packets: 1,
  rx_errors: 0,
  rx_dropped: 0,
  tx_bytes: 1,
  tx_packets: 1,
  tx_errors: 0,
  tx_dropped: 0,
};

function parts(running: boolean, networkMode = 'bridge'): StatsParts {
  const located = { id: 'c1', name: 'web', running, pid: 7, networkMode, cgroupPath: '/berth/c1' };
  const locate = async () => located as LocatedContainer;
  const readInterfaces = (pid: number) => ({ [`of${pid}`]: COUNTERS });
  return { containers: { locate }, readGroup: group, readInterfaces, top: async () => ({ Titles: [], Processes: [] }) };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('createStats() read() of one shot gives one sample with nothing before it', async () => {
  const [only, ...more] = await collect(await createStats(parts(true)).read('web', { stream: false, oneShot: true }));
  assert.equal(more.length, 0);
  assert.equal(only?.name, '/web');
  assert.equal(only?.preread, ZERO_TIME);
  assert.deepEqual(only?.precpu_stats, NO_CPU_STATS);
  assert.equal(only?.memory_stats.usage, 5);
});

test('createStats() read() counts the traffic of a container that has a network of its own', async () => {
  const read = async (mode: string) => {
    const [only] = await collect(await createStats(parts(true, mode)).read('web', { stream: false, oneShot: true }));
    return only?.networks;
  };
  assert.deepEqual(await read('bridge'), { of7: COUNTERS });
  assert.equal(await read('host'), undefined);
});

test('createStats() read() without stream relates the sample to an earlier one', async () => {
  const [only] = await collect(await createStats(parts(true)).read('web', { stream: false, oneShot: false }));
  assert.ok(only !== undefined && only.preread !== ZERO_TIME);
  assert.equal(only.precpu_stats.cpu_usage.total_usage + 1, only.cpu_stats.cpu_usage.total_usage);
});

test('createStats() read() of a container that does not run gives zeros', async () => {
  const idle = await collect(await createStats(parts(false)).read('web', { stream: false, oneShot: false }));
  assert.equal(idle.length, 1);
  assert.equal(idle[0]?.read, ZERO_TIME);
  assert.deepEqual(idle[0]?.memory_stats, {});
});

test('createStats() read() gives zeros when the container ended meanwhile, and ends a stream when aborted', async () => {
  const gone = () => {
    throw new BerthError('not-found', 'cgroup.gone', 'gone');
  };
  const aborter = new AbortController();
  const stats = createStats({ ...parts(true), readGroup: gone });
  let samples = 0;
  for await (const one of await stats.read('web', { stream: true, oneShot: false }, aborter.signal)) {
    assert.equal(one.read, ZERO_TIME);
    samples++;
    aborter.abort();
  }
  assert.equal(samples, 1);
});

test('listProcesses() asks ps for the processes of the control group', async () => {
  const asked: unknown[] = [];
  const top = {
    containers: parts(true).containers,
    pidsOf: () => [5, 6],
    processTable: async (...of: unknown[]) => {
      asked.push(of);
      return { Titles: ['PID'], Processes: [['5'], ['6']] };
    },
  };
  await listProcesses(top, 'web');
  await listProcesses(top, 'web', ' -o  pid,cmd ');
  assert.deepEqual(asked, [
    [[5, 6], ['-ef']],
    [
      [5, 6],
      ['-o', 'pid,cmd'],
    ],
  ]);
  await assert.rejects(
    listProcesses({ ...top, containers: parts(false).containers }, 'web'),
    /container c1 is not running/,
  );
});
