import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { isAlive, startTimeOf } from '#sys/proc.ts';
import { currentBoot } from '../state/process-token.ts';
import { lastKeeperLeft } from './settle.ts';

test('lastKeeperLeft() waits for a process that still runs, and for none that does not', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const [keeperPid, startTime] = [child.pid!, startTimeOf(child.pid!)!];
  const row = { bootId: currentBoot(), keeperPid, keeperStart: String(startTime) };
  await lastKeeperLeft(row, 0);
  assert.equal(isAlive({ pid: keeperPid, startTime }), true);
  setImmediate(() => child.kill('SIGKILL'));
  await lastKeeperLeft(row, 60_000);
  assert.equal(isAlive({ pid: keeperPid, startTime }), false);
  await lastKeeperLeft({ ...row, bootId: 'another' }, 60_000);
});
