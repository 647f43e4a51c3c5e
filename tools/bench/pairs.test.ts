import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, medianRatio, timeCommand, timeInTurn } from './pairs.ts';

test('median() takes the middle, or the mean of the middle two', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.throws(() => median([]), RangeError);
});

test('medianRatio() compares run by run', () => {
  const base = { name: 'a', times: [1, 10, 100] };
  assert.equal(medianRatio(base, { name: 'b', times: [2, 20, 200] }), 2);
});

test('timeInTurn() alternates, and does not count the first round', async () => {
  const order: string[] = [];
  const note = (name: string) => (run: number) => {
    order.push(`${name}${run}`);
    return ['true'];
  };
  const samples = await timeInTurn(
    new Map([
      ['a', note('a')],
      ['b', note('b')],
    ]),
    2,
  );
  assert.deepEqual(order, ['a-1', 'b-1', 'a0', 'b0', 'a1', 'b1']);
  assert.deepEqual(
    samples.map((sample) => sample.times.length),
    [2, 2],
  );
});

test('timeCommand() rejects when the command fails', async () => {
  await assert.rejects(timeCommand(['sh', '-c', 'echo why >&2; exit 3']), /exit 3: .*why/);
});
