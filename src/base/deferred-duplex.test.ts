import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { DeferredDuplex } from './deferred-duplex.ts';

/** Echoes in upper case; ends when its input ends. */
function shouter(): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      this.push(chunk.toString().toUpperCase());
      done();
    },
    final(done) {
      this.push(null);
      done();
    },
  });
}

async function textOf(stream: Duplex): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

test('DeferredDuplex.connect() delivers what was written before and after, and the half-close', async () => {
  const stream = new DeferredDuplex();
  stream.write('early ');
  const text = textOf(stream);
  await new Promise((resolve) => setImmediate(resolve));
  stream.connect(shouter());
  stream.end('late');
  assert.equal(await text, 'EARLY LATE');
});

test('DeferredDuplex.abandon() ends the readable side and swallows input', async () => {
  const stream = new DeferredDuplex();
  stream.write('lost');
  stream.abandon();
  stream.end();
  assert.equal(await textOf(stream), '');
});

test('DeferredDuplex.destroy() before a target comes destroys the target then', () => {
  const stream = new DeferredDuplex();
  stream.destroy();
  const target = shouter();
  stream.connect(target);
  assert.equal(target.destroyed, true);
});

test('DeferredDuplex.connect() ends with a target that has ended before', async () => {
  const ended = shouter();
  ended.end();
  assert.equal(await textOf(ended), '');
  const destroyed = shouter();
  destroyed.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  for (const target of [ended, destroyed]) {
    const stream = new DeferredDuplex();
    stream.connect(target);
    assert.equal(await textOf(stream), '');
  }
});
