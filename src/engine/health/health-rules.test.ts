import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterProbe, nextProbeMs, timesOf } from './health-rules.ts';
import type { HealthRecord } from './health-state.ts';

const times = timesOf({ Interval: 1e9, StartPeriod: 10e9, StartInterval: 0.2e9, Retries: 2 });
const fresh: HealthRecord = { run: 1, status: 'starting', failingStreak: 0, log: [] };
const result = (ExitCode: number) => ({ Start: '', End: '', ExitCode, Output: '' });
const late = { startedMs: 0, atMs: 20_000 };
const early = { startedMs: 0, atMs: 500 };

test('timesOf() fills in the defaults of a Dockerfile', () => {
  assert.deepEqual(timesOf({}), {
    intervalMs: 30_000,
    timeoutMs: 30_000,
    startPeriodMs: 0,
    startIntervalMs: 5_000,
    retries: 3,
  });
});

test('nextProbeMs() uses the start interval while the container starts, then the interval', () => {
  assert.equal(nextProbeMs(times, 'starting', 1_000, undefined), 1_200);
  assert.equal(nextProbeMs(times, 'starting', 1_000, 2_000), 2_200);
  assert.equal(nextProbeMs(times, 'starting', 1_000, 11_000), 12_000);
  assert.equal(nextProbeMs(times, 'healthy', 1_000, 2_000), 3_000);
});

test('afterProbe() turns healthy at the first success', () => {
  const record = afterProbe(times, { ...fresh, failingStreak: 1 }, result(0), late);
  assert.equal(record.status, 'healthy');
  assert.equal(record.failingStreak, 0);
});

test('afterProbe() turns unhealthy after the retries, and forgives failures of the start period', () => {
  const forgiven = afterProbe(times, fresh, result(1), early);
  assert.deepEqual([forgiven.status, forgiven.failingStreak, forgiven.log.length], ['starting', 0, 1]);
  const once = afterProbe(times, fresh, result(1), late);
  assert.deepEqual([once.status, once.failingStreak], ['starting', 1]);
  assert.equal(afterProbe(times, once, result(-1), late).status, 'unhealthy');
});

test('afterProbe() counts failures in the start period of a container that was healthy before', () => {
  assert.equal(afterProbe(times, { ...fresh, status: 'healthy' }, result(1), early).failingStreak, 1);
});

test('afterProbe() keeps the last five results', () => {
  let record = fresh;
  for (let i = 1; i <= 7; i++) record = afterProbe(times, record, result(i), late);
  assert.deepEqual(
    record.log.map((entry) => entry.ExitCode),
    [3, 4, 5, 6, 7],
  );
});
