import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { Demultiplexer, demultiplex } from './demux.ts';

function frame(stream: number, payload: string): Buffer {
  const data = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function split(chunks: Buffer[]): Promise<{ stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  await demultiplex(Readable.from(chunks, { objectMode: false }), { stdout, stderr });
  stdout.end();
  stderr.end();
  return { stdout: await text(stdout), stderr: await text(stderr) };
}

test('demultiplex() separates the streams wherever the chunks are cut', async () => {
  const whole = Buffer.concat([
    frame(1, 'one\n'),
    frame(2, 'err\n'),
    frame(1, ''),
    frame(1, 'two\n'),
    frame(2, 'late'),
  ]);
  for (let cut = 1; cut < whole.length; cut++)
    assert.deepEqual(await split([whole.subarray(0, cut), whole.subarray(cut)]), {
      stdout: 'one\ntwo\n',
      stderr: 'err\nlate',
    });
  assert.deepEqual(await split([...whole].map((byte) => Buffer.from([byte]))), {
    stdout: 'one\ntwo\n',
    stderr: 'err\nlate',
  });
});

test('Demultiplexer joins neighbouring frames of one stream into one run', () => {
  const runs = new Demultiplexer().push(Buffer.concat([frame(1, 'a'), frame(1, 'b'), frame(2, 'c'), frame(1, 'd')]));
  assert.deepEqual(
    runs.map((run) => [run.stream, run.data.toString()]),
    [
      ['stdout', 'ab'],
      ['stderr', 'c'],
      ['stdout', 'd'],
    ],
  );
});

test('demultiplex() throws the message of an error frame', async () => {
  await assert.rejects(split([frame(1, 'x'), frame(3, 'log is gone')]), /error from daemon in stream: log is gone/);
});

test('demultiplex() throws for a header that is none and for a stream cut inside a frame', async () => {
  await assert.rejects(split([frame(9, 'x')]), /Unrecognized input header: 9/);
  await assert.rejects(split([frame(1, 'long').subarray(0, 10)]), (error) => isBerthError(error, 'data-loss'));
  await assert.rejects(split([frame(1, 'long').subarray(0, 3)]), (error) => isBerthError(error, 'data-loss'));
});
