import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, shortId } from './ids.ts';

test('newId() makes 64 hex digits whose short form is no number', () => {
  for (let i = 0; i < 2000; i++) {
    const id = newId();
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.match(shortId(id), /[a-f]/);
  }
});

test('shortId() takes off the algorithm', () => {
  assert.equal(shortId(`sha256:${'ab'.repeat(32)}`), 'abababababab');
});
