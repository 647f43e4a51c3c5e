import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedMutex } from './keyed-mutex.ts';

test('KeyedMutex.acquire() lets holders of one key in one after the other, in order', async () => {
  const mutex = new KeyedMutex();
  const seen: string[] = [];
  const work = async (name: string) => {
    using _held = await mutex.acquire('a');
    seen.push(`${name} in`);
    await Promise.resolve();
    seen.push(`${name} out`);
  };
  await Promise.all([work('1'), work('2'), work('3')]);
  assert.deepEqual(seen, ['1 in', '1 out', '2 in', '2 out', '3 in', '3 out']);
  assert.equal(mutex.size, 0);
});

test('KeyedMutex.acquire() does not hold up other keys', async () => {
  const mutex = new KeyedMutex();
  using _a = await mutex.acquire('a');
  using _b = await mutex.acquire('b');
  assert.equal(mutex.size, 2);
});
