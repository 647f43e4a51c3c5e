import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from './detach-keys.ts';

test('parseDetachKeys() takes letters and control keys', () => {
  assert.deepEqual(parseDetachKeys('ctrl-p,ctrl-q'), DEFAULT_DETACH_KEYS);
  assert.deepEqual([...parseDetachKeys('a,ctrl-@,ctrl-[,ctrl-_,Z')], [97, 0, 27, 31, 90]);
});

test('parseDetachKeys() refuses other words', () => {
  for (const text of ['', 'ctrl-', 'ctrl-1', 'ab', 'a,,b', 'ctrl-pp']) {
    assert.throws(() => parseDetachKeys(text), { message: `Invalid detach keys (${text}) provided` });
  }
});
