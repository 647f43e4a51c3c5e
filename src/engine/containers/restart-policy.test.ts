import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restartDelay } from './restart-policy.ts';

const run = { exitCode: 1, ranMs: 50, restartCount: 0, delayMs: 0, stoppedByUser: false };
const always = { Name: 'always', MaximumRetryCount: 0 };

test('restartDelay() doubles from 100 ms to a minute and starts over after ten good seconds', () => {
  assert.equal(restartDelay(always, run), 100);
  assert.equal(restartDelay(always, { ...run, delayMs: 100 }), 200);
  assert.equal(restartDelay(always, { ...run, delayMs: 51_200 }), 60_000);
  assert.equal(restartDelay(always, { ...run, delayMs: 51_200, ranMs: 10_000 }), 100);
});

test('restartDelay() follows the policy', () => {
  assert.equal(restartDelay({ Name: 'no', MaximumRetryCount: 0 }, run), undefined);
  assert.equal(restartDelay(always, { ...run, exitCode: 0 }), 100);
  const onFailure = { Name: 'on-failure', MaximumRetryCount: 2 };
  assert.equal(restartDelay(onFailure, { ...run, exitCode: 0 }), undefined);
  assert.equal(restartDelay(onFailure, { ...run, restartCount: 1 }), 100);
  assert.equal(restartDelay(onFailure, { ...run, restartCount: 2 }), undefined);
  assert.equal(restartDelay({ Name: 'on-failure', MaximumRetryCount: 0 }, { ...run, restartCount: 99 }), 100);
});

test('restartDelay() leaves alone what a user stopped', () => {
  assert.equal(restartDelay(always, { ...run, stoppedByUser: true }), undefined);
});
