import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isBerthError } from '#base/errors.ts';
import type { LogsQuery } from '#spec/docker-api/system.ts';
import type { LocatedContainer } from '../containers/api.ts';
import { createLogs } from './log-reader.ts';

function lines(from: number, to: number): string {
  let text = '';
  for (let n = from; n <= to; n++)
    text += `{"log":"line ${n}\\n","stream":"stdout","time":"2026-01-02T03:04:05.${String(n).padStart(9, '0')}Z"}\n`;
  return text;
}

function numbers(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, n) => `line ${from + n}\n`).join('');
}

function fixture(container: Partial<LocatedContainer> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'berth-log-'));
  const path = join(directory, 'c-json.log');
  const state = { running: false };
  const locate = async () =>
    ({ id: 'c', logPath: path, logReadable: true, tty: true, ...state, ...container }) as LocatedContainer;
  const logs = createLogs({ locate });
  const read = async (query: LogsQuery) => {
    const { stream } = await logs.read('c', { stdout: true, stderr: true, ...query });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  return { path, state, logs, read, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test('createLogs() read() goes through rotated and compressed files, oldest first', async () => {
  using log = fixture();
  writeFileSync(`${log.path}.2.gz`, gzipSync(lines(1, 1000)));
  writeFileSync(`${log.path}.1`, lines(1001, 1500));
  writeFileSync(log.path, lines(1501, 1600));
  assert.equal(await log.read({}), numbers(1, 1600));
});

test('createLogs() read() gives the last lines over as many files as they need', async () => {
  using log = fixture();
  writeFileSync(`${log.path}.2.gz`, gzipSync(lines(1, 3000)));
  writeFileSync(`${log.path}.1`, lines(3001, 3010));
  writeFileSync(log.path, lines(3011, 6000));
  assert.equal(await log.read({ tail: '0' }), '');
  assert.equal(await log.read({ tail: '1' }), numbers(6000, 6000));
  assert.equal(await log.read({ tail: '2990' }), numbers(3011, 6000));
  assert.equal(await log.read({ tail: '2995' }), numbers(3006, 6000));
  assert.equal(await log.read({ tail: '3100' }), numbers(2901, 6000));
  assert.equal(await log.read({ tail: '99999' }), numbers(1, 6000));
  assert.equal(await log.read({ tail: 'all' }), numbers(1, 6000));
});

test('createLogs() read() of a container that never logged is empty', async () => {
  using log = fixture();
  assert.equal(await log.read({}), '');
  assert.equal(await log.read({ tail: '5', follow: true }), '');
});

test('createLogs() read() follows over lines written in pieces and over rotation until the container stops', async () => {
  using log = fixture();
  log.state.running = true;
  writeFileSync(log.path, lines(1, 10));
  const { stream } = await log.logs.read('c', { stdout: true, follow: true, tail: '2' });
  let text = '';
  let step = 0;
  const piece = lines(11, 11);
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.endsWith('line 10\n') && step === 0) {
      step = 1;
      appendFileSync(log.path, piece.slice(0, 20));
      setImmediate(() => appendFileSync(log.path, piece.slice(20)));
    } else if (text.endsWith('line 11\n') && step === 1) {
      step = 2;
      appendFileSync(log.path, lines(12, 12));
      renameSync(log.path, `${log.path}.1`);
      writeFileSync(log.path, lines(13, 13));
    } else if (text.endsWith('line 13\n') && step === 2) {
      step = 3;
      renameSync(`${log.path}.1`, `${log.path}.2`);
      renameSync(log.path, `${log.path}.1`);
      writeFileSync(log.path, lines(14, 14));
      log.state.running = false;
    }
  }
  assert.equal(text, numbers(9, 14));
});

test('createLogs() read() follows over files that were compressed before it came to them', async () => {
  using log = fixture();
  log.state.running = true;
  writeFileSync(log.path, lines(1, 10));
  const { stream } = await log.logs.read('c', { stdout: true, follow: true });
  let text = '';
  let step = 0;
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.endsWith('line 10\n') && step === 0) {
      step = 1;
      // Rotated twice, each file compressed at once: the one that was read last is now the second.
      writeFileSync(`${log.path}.2.gz`, gzipSync(lines(1, 10)));
      writeFileSync(`${log.path}.1.gz`, gzipSync(lines(11, 3000)));
      rmSync(log.path);
      writeFileSync(log.path, lines(3001, 3001));
    } else if (text.endsWith('line 3001\n') && step === 1) {
      step = 2;
      // So often that the last one read is gone.
      writeFileSync(`${log.path}.2.gz`, gzipSync(lines(3010, 3019)));
      writeFileSync(`${log.path}.1.gz`, gzipSync(lines(3020, 3029)));
      rmSync(log.path);
      writeFileSync(log.path, lines(3030, 3030));
      log.state.running = false;
    }
  }
  assert.equal(text, numbers(1, 3001) + numbers(3010, 3030));
});

test('createLogs() read() follows a log of one file that is emptied when it is full', async () => {
  using log = fixture();
  log.state.running = true;
  writeFileSync(log.path, lines(1, 100));
  const { stream } = await log.logs.read('c', { stdout: true, follow: true });
  let text = '';
  let emptied = false;
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.endsWith('line 100\n') && !emptied) {
      emptied = true;
      truncateSync(log.path);
      appendFileSync(log.path, lines(101, 102));
      log.state.running = false;
    }
  }
  assert.equal(text, numbers(1, 102));
});

test('createLogs() read() begins a log that has no file yet when following', async () => {
  using log = fixture();
  log.state.running = true;
  setTimeout(() => {
    writeFileSync(log.path, lines(1, 3));
    log.state.running = false;
  }, 20);
  assert.equal(await log.read({ follow: true }), numbers(1, 3));
});

test('createLogs() read() gives what was logged although the container is removed before the reading begins', async () => {
  using log = fixture();
  writeFileSync(`${log.path}.1`, lines(1, 5));
  writeFileSync(log.path, lines(6, 9));
  for (const follow of [false, true]) {
    const { stream } = await log.logs.read('c', { stdout: true, follow });
    if (follow) rmSync(dirname(log.path), { recursive: true });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    assert.equal(text, numbers(1, 9));
  }
  mkdirSync(dirname(log.path));
});

test('createLogs() read() stops following when aborted', async () => {
  using log = fixture();
  log.state.running = true;
  writeFileSync(log.path, lines(1, 1));
  const aborter = new AbortController();
  const { stream } = await log.logs.read('c', { stdout: true, follow: true }, aborter.signal);
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    aborter.abort();
  }
  assert.equal(text, 'line 1\n');
});

test('createLogs() read() refuses drivers that keep nothing and times that are none', async () => {
  using none = fixture({ logReadable: false });
  await assert.rejects(none.read({}), (error) => isBerthError(error, 'unsupported'));
  using log = fixture();
  await assert.rejects(log.read({ since: '1h' }), (error) => isBerthError(error, 'invalid'));
});
