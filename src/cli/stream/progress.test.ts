import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { Output } from '../command.ts';
import { isExitFailure } from '../failure.ts';
import { showProgress } from './progress.ts';

async function* from(messages: readonly ProgressMessage[]): AsyncGenerator<ProgressMessage> {
  yield* messages;
}

async function shown(messages: readonly ProgressMessage[], terminal?: { columns: number }): Promise<string> {
  const stream = new PassThrough();
  const output: Output = terminal === undefined ? stream : Object.assign(stream, { isTTY: true, ...terminal });
  await showProgress(from(messages), output);
  stream.end();
  return Buffer.concat(await stream.toArray()).toString();
}

const BAR: ProgressMessage = { id: 'aaa', status: 'Loading layer', progressDetail: { current: 512, total: 1024 } };

test('showProgress() prints lines and text, and no bars where there is no terminal', async () => {
  const messages = [{ status: 'sha256:123' }, BAR, { stream: 'Loaded image: x\n' }, { id: 'bbb', status: 'done' }];
  assert.equal(await shown(messages), 'sha256:123\nLoaded image: x\nbbb: done\n');
});

test('showProgress() draws bars on a terminal, each on its line', async () => {
  const bar = `[${'='.repeat(25)}>${' '.repeat(25)}] `;
  assert.equal(
    await shown([BAR], { columns: 200 }),
    `\n\x1b[1A\x1b[2K\raaa: Loading layer ${bar}    512B/1.024kB\r\x1b[1B`,
  );
  assert.equal(await shown([BAR], { columns: 80 }), '\n\x1b[1A\x1b[2K\raaa: Loading layer     512B/1.024kB\r\x1b[1B');
});

test('showProgress() fails with the failure that a message carries', async () => {
  await assert.rejects(
    shown([{ status: 'x' }, { error: 'broken', errorDetail: { message: 'broken archive' } }]),
    (error) => {
      assert.ok(isExitFailure(error));
      assert.equal(error.status, 1);
      assert.equal(error.message, 'broken archive');
      return true;
    },
  );
});
