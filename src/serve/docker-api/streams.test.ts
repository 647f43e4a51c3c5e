import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair, type PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { lateStream } from './late-stream.ts';
import { prepend } from './prepend.ts';
import { progress } from './responses.ts';

/** All input of one side of a pair, whose other direction stays open. */
async function inputOf(side: Duplex): Promise<string> {
  let all = '';
  side.on('data', (chunk) => {
    all += String(chunk);
  });
  await once(side, 'end');
  return all;
}

test('prepend() gives what came before first, and passes input and its end on', async () => {
  const [inside, outside] = duplexPair();
  const both = prepend(Readable.from([Buffer.from('old ')], { objectMode: false }), outside);
  both.end('input');
  assert.equal(await inputOf(inside), 'input');
  inside.end('new');
  assert.equal(await text(both), 'old new');
});

test('lateStream() opens what is behind it only when it is read, with the input that waited', async () => {
  const [inside, outside] = duplexPair();
  let opened = 0;
  const stream = lateStream(async () => {
    opened++;
    return outside;
  });
  stream.end('input');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(opened, 0);
  const output = text(stream);
  assert.equal(await inputOf(inside), 'input');
  inside.end('output');
  assert.equal(await output, 'output');
  assert.equal(opened, 1);
});

test('lateStream() fails when what is behind it cannot be opened', async () => {
  const stream = lateStream(() => Promise.reject(new Error('not there')));
  await assert.rejects(text(stream), /not there/);
});

test('progress() rejects a failure before the first message and reports a later one as a line', async () => {
  const failing = async function* (first: boolean) {
    if (!first) yield { status: 'begun' };
    throw new Error('broken');
  };
  await assert.rejects(progress(failing(true)), /broken/);
  const response = await progress(failing(false));
  assert.equal(response.body.kind, 'lines');
  const seen: unknown[] = [];
  if (response.body.kind === 'lines') for await (const line of response.body.items) seen.push(line);
  assert.deepEqual(seen, [{ status: 'begun' }, { errorDetail: { message: 'broken' }, error: 'broken' }]);
});

test('progress() of nothing is an empty answer', async () => {
  const response = await progress(Readable.from([]) as unknown as PassThrough);
  const seen: unknown[] = [];
  if (response.body.kind === 'lines') for await (const line of response.body.items) seen.push(line);
  assert.deepEqual(seen, []);
});
