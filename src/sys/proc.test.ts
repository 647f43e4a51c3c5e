import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupOf, commandLineOf, identify, isAlive, parseProcessStat, readProcessStat, startTimeOf } from './proc.ts';

const tail = 'S 1 42 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456789 1000 2000';

test('parseProcessStat() reads the fields when the name holds blanks and parentheses', () => {
  const stat = parseProcessStat(`42 (a) b (c) ${tail}`);
  assert.deepEqual(stat, {
    pid: 42,
    name: 'a) b (c',
    state: 'S',
    parentPid: 1,
    processGroup: 42,
    session: 7,
    startTime: 123456789n,
  });
});

test('parseProcessStat() refuses text of another form', () => {
  assert.throws(() => parseProcessStat('nonsense'), /unknown form/);
});

test('isAlive() knows this process and nobody with another start time', () => {
  const self = identify(process.pid);
  assert.ok(self !== undefined);
  assert.equal(isAlive(self), true);
  assert.equal(isAlive({ ...self, startTime: self.startTime + 1n }), false);
});

test('startTimeOf() is undefined when there is no such process', () => {
  assert.equal(startTimeOf(2 ** 30), undefined);
  assert.equal(readProcessStat(2 ** 30), undefined);
  assert.deepEqual(commandLineOf(2 ** 30), []);
  assert.equal(cgroupOf(2 ** 30, ''), undefined);
});
