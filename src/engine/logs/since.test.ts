import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { LocatedContainer } from '../containers/api.ts';
import { createLogs } from './log-reader.ts';

const BASE = Date.parse('2026-01-02T00:00:00Z') / 1000;

/** A line a second, in the middle of it or at its beginning. */
function lines(from: number, to: number): string {
  let text = '';
  for (let n = from; n <= to; n++) {
    const time = new Date((BASE + n) * 1000).toISOString().replace('.000Z', n % 2 === 0 ? '.5Z' : 'Z');
    text += `{"log":"line ${n}\\n","stream":"stdout","time":"${time}"}\n`;
  }
  return text;
}

const numbers = (from: number, to: number): string =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => `line ${from + n}\n`).join('');

function fixture() {
  const directory = mkdtempSync(join(tmpdir(), 'berth-since-'));
  const path = join(directory, 'c-json.log');
  const locate = async () =>
    ({ id: 'c', logPath: path, logReadable: true, tty: true, running: false }) as LocatedContainer;
  const read = async (query: { since?: string; until?: string; tail?: string }) => {
    const { stream } = await createLogs({ locate }).read('c', { stdout: true, stderr: true, ...query });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  return { path, read, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test('partsSince() leaves out what is earlier, in large, rotated and compressed files, and nothing else', async () => {
  using log = fixture();
  writeFileSync(`${log.path}.2.gz`, gzipSync(lines(1, 5000)));
  writeFileSync(`${log.path}.1`, lines(5001, 20_000));
  writeFileSync(log.path, lines(20_001, 40_000));
  utimesSync(`${log.path}.2.gz`, BASE + 5000, BASE + 5000);
  utimesSync(`${log.path}.1`, BASE + 20_000, BASE + 20_000);
  for (const n of [1, 2, 4999, 5000, 5001, 12_345, 20_001, 20_002, 33_333, 40_000]) {
    assert.equal(await log.read({ since: String(BASE + n) }), numbers(n, 40_000), String(n));
    const later = n % 2 === 0 ? n : n + 1;
    assert.equal(await log.read({ since: `${BASE + n}.250000000` }), numbers(later, 40_000), `${n}.25`);
    const until = n % 2 === 0 ? n - 1 : n;
    assert.equal(
      await log.read({ since: String(BASE + 100), until: String(BASE + n) }),
      numbers(100, until),
      `to ${n}`,
    );
  }
  assert.equal(await log.read({ since: String(BASE + 50_000) }), '');
  assert.equal(await log.read({ since: String(BASE + 39_990), tail: '5' }), numbers(39_996, 40_000));
});

test('tail and since go over lines that a crash has torn', async () => {
  using log = fixture();
  const torn = '{"log":"line 30';
  writeFileSync(log.path, `${lines(1, 3000)}${torn}\n${lines(3001, 3002)}\0\0\0\n${lines(3003, 3003)}${torn}`);
  assert.equal(await log.read({ tail: '1' }), numbers(3003, 3003));
  assert.equal(await log.read({ tail: '3' }), numbers(3001, 3003));
  assert.equal(await log.read({ tail: '5' }), numbers(2999, 3003));
  assert.equal(await log.read({ since: String(BASE + 2998) }), numbers(2998, 3003));
  writeFileSync(`${log.path}.1.gz`, gzipSync(`${lines(1, 10)}${torn}\n${lines(11, 12)}`));
  writeFileSync(log.path, '');
  assert.equal(await log.read({ tail: '3' }), numbers(10, 12));
});
