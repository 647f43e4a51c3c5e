import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { joinDuplex } from './join-duplex.ts';

test('joinDuplex() carries both directions, each to its own end', async () => {
  const from = new PassThrough();
  const into = new PassThrough();
  const joined = joinDuplex(from, into);
  joined.end('question');
  assert.equal(await text(into), 'question');
  from.end('answer');
  assert.equal(await text(joined), 'answer');
});

test('joinDuplex() fails with its parts', async () => {
  const from = new PassThrough();
  const joined = joinDuplex(from, new PassThrough());
  from.destroy(new Error('gone'));
  await assert.rejects(text(joined), /gone/);
});
