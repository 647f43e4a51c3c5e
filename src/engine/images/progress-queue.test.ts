import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportsOf } from './progress-queue.ts';

test('reportsOf() gives what is reported, as it comes, and then the failure', async () => {
  const seen: string[] = [];
  const step = Promise.withResolvers<void>();
  const reports = reportsOf<string>(async (report) => {
    report('a');
    report('b');
    await step.promise;
    report('c');
    throw new Error('broken');
  });
  await assert.rejects(async () => {
    for await (const item of reports) {
      seen.push(item);
      if (item === 'b') step.resolve();
    }
  }, /broken/);
  assert.deepEqual(seen, ['a', 'b', 'c']);
});

test('reportsOf() ends when the work ends', async () => {
  const seen: number[] = [];
  for await (const item of reportsOf<number>(async (report) => report(1))) seen.push(item);
  for await (const item of reportsOf<number>(async () => {})) seen.push(item);
  assert.deepEqual(seen, [1]);
});
