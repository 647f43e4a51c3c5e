import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limiter } from './limiter.ts';

test('Limiter.run() lets the allowed number run at once, in the order they asked', async () => {
  const limiter = new Limiter(2);
  const started: number[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  let waited = 0;
  const works = gates.map((gate, i) =>
    limiter.run(
      async () => {
        started.push(i);
        await gate.promise;
        if (i === 1) throw new Error('broken');
      },
      () => waited++,
    ),
  );
  assert.deepEqual(started, [0, 1]);
  assert.equal(waited, 2);
  gates[1]!.resolve();
  await assert.rejects(works[1]!, /broken/);
  assert.deepEqual(started, [0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.all([works[0], works[2], works[3]]);
  assert.deepEqual(started, [0, 1, 2, 3]);
});
