import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_BYTES, giveChunk, takeChunk } from './chunk-pool.ts';

test('takeChunk() gives memory out again that was given back, and to one only', () => {
  const first = takeChunk();
  assert.equal(first.length, CHUNK_BYTES);
  giveChunk(first.buffer);
  const second = takeChunk();
  assert.equal(second.buffer, first.buffer);
  assert.notEqual(takeChunk().buffer, second.buffer);
});

test('giveChunk() leaves memory of other sizes alone', () => {
  const small = new ArrayBuffer(1024);
  giveChunk(small);
  assert.equal(takeChunk().length, CHUNK_BYTES);
});
