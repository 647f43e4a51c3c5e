import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_LIMITS } from './host-config.ts';
import { checkResources, type LimitSupport } from './resource-limits.ts';

const ALL: LimitSupport = {
  memory: true,
  swap: true,
  swappiness: true,
  memoryReservation: true,
  oomKillDisable: true,
  pids: true,
  cpuShares: true,
  cpuQuota: true,
  cpuRealtime: true,
  cpuset: true,
  blkioWeight: true,
  blkioWeightDevice: true,
  blkioThrottle: true,
  cpus: '0-1',
  mems: '0',
  cpuCount: 2,
};
const MB = 1024 * 1024;

test('checkResources() lets through what is possible', () => {
  const limits = {
    ...NO_LIMITS,
    Memory: 64 * MB,
    MemorySwap: 128 * MB,
    NanoCpus: 1.5e9,
    CpusetCpus: '0,1',
    PidsLimit: 9,
  };
  assert.deepEqual(checkResources(limits, ALL, false), { resources: limits, warnings: [] });
});

test('checkResources() takes off what the kernel cannot do, with a warning each', () => {
  const none: LimitSupport = {
    ...ALL,
    memory: false,
    pids: false,
    cpuShares: false,
    blkioThrottle: false,
    swappiness: false,
  };
  const { resources, warnings } = checkResources(
    {
      ...NO_LIMITS,
      Memory: 64 * MB,
      PidsLimit: 5,
      CpuShares: 2,
      MemorySwappiness: 3,
      BlkioDeviceReadBps: [{ Path: '/dev/x', Rate: 1 }],
    },
    none,
    false,
  );
  assert.deepEqual(
    [
      resources.Memory,
      resources.PidsLimit,
      resources.CpuShares,
      resources.MemorySwappiness,
      resources.BlkioDeviceReadBps,
    ],
    [0, null, 0, null, []],
  );
  assert.equal(warnings.length, 5);
  assert.match(warnings.at(-1) ?? '', /^Your kernel does not support BPS Block I\/O read limit/);
});

test('checkResources() refuses impossible values in docker words', () => {
  const refuses = (limits: object, message: RegExp, update = false) =>
    assert.throws(() => checkResources({ ...NO_LIMITS, ...limits }, ALL, update), { kind: 'invalid', message });
  refuses({ Memory: 1 }, /^Minimum memory limit allowed is 6MB$/);
  refuses({ Memory: 64 * MB, MemorySwap: 32 * MB }, /^Minimum memoryswap limit should be larger/);
  refuses({ MemorySwap: 32 * MB }, /^You should always set the Memory limit/);
  refuses({ Memory: 8 * MB, MemoryReservation: 16 * MB }, /can not be less than memory reservation/);
  refuses({ MemorySwappiness: 101 }, /^Invalid value: 101, valid memory swappiness range is 0-100$/);
  refuses({ NanoCpus: 3e9 }, /^range of CPUs is from 0\.01 to 2\.00, as there are only 2 CPUs available$/);
  refuses({ NanoCpus: 1e9, CpuPeriod: 1000 }, /Nano CPUs and CPU Period cannot both be set/);
  refuses({ CpuPeriod: 10 }, /^CPU cfs period can not be less than 1ms/);
  refuses({ CpuQuota: 10 }, /^CPU cfs quota can not be less than 1ms/);
  refuses({ CpusetCpus: 'x' }, /^Invalid value x for cpuset cpus/);
  refuses({ CpusetCpus: '0-2' }, /^Requested CPUs are not available - requested 0-2, available: 0-1$/);
  refuses({ CpusetMems: '1' }, /^Requested memory nodes are not available/);
  refuses({ BlkioWeight: 5 }, /^Range of blkio weight is from 10 to 1000$/);
  refuses({ IOMaximumIOps: 1 }, /^Invalid QoS settings/);
  assert.deepEqual(checkResources({ ...NO_LIMITS, MemorySwap: 32 * MB }, ALL, true).warnings, []);
});

test('checkResources() reads a swappiness of -1 as none, and warns of an unlimited container without a killer', () => {
  const { resources, warnings } = checkResources(
    { ...NO_LIMITS, MemorySwappiness: -1, OomKillDisable: true },
    ALL,
    false,
  );
  assert.equal(resources.MemorySwappiness, null);
  assert.match(warnings[0] ?? '', /^OOM killer is disabled for the container, but no memory limit is set/);
});
