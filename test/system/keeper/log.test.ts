import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { LogPlan } from '#sys/keeper/plan.ts';
import { makeScratch, type Scratch } from './basic-plan.ts';
import { runToEnd } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());
let logs = 0;

function jsonFile(
  more: Partial<Extract<LogPlan, { driver: 'json-file' }>> = {},
): Extract<LogPlan, { driver: 'json-file' }> {
  return { driver: 'json-file', path: join(scratch.dir, `log-${++logs}`), maxSizeBytes: 0, maxFiles: 1, ...more };
}

/** Runs `cat` of a file with these bytes. */
async function say(bytes: Buffer | string, log: LogPlan, from: Scratch = scratch): Promise<void> {
  writeFileSync(join(from.lower, 'said'), bytes);
  const { record } = await runToEnd(from, { argv: ['cat', '/said'], log });
  assert.equal(record.exitCode, 0);
}

function withoutTime(log: string): string {
  return log.replaceAll(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z"/g, '"time":T');
}

test('json-file escapes as Docker does', async () => {
  const log = jsonFile();
  await say(Buffer.from('a"b\\c\t\r<&>\x01\x7f é\u2028\u2029😀|\xff|\xc3|\xed\xa0\x80|end\n\nno end', 'utf8'), log);
  assert.equal(
    withoutTime(readFileSync(log.path, 'utf8')),
    `${[
      '{"log":"a\\"b\\\\c\\u0009\\r\\u003c\\u0026\\u003e\\u0001\x7f é\\u2028\\u2029😀|ÿ|Ã|í\xa0\x80|end\\n","stream":"stdout","time":T}',
      '{"log":"\\n","stream":"stdout","time":T}',
      '{"log":"no end","stream":"stdout","time":T}',
    ].join('\n')}\n`,
  );
});

test('json-file replaces bytes that are not UTF-8, one by one', async () => {
  const log = jsonFile();
  await say(Buffer.from('|\xff|\xc3|\xed\xa0\x80|\xc0\x80|\xf4\x90\x80\x80|\xe2\x82\n', 'latin1'), log);
  const bad = (n: number) => '\\ufffd'.repeat(n);
  assert.equal(
    withoutTime(readFileSync(log.path, 'utf8')),
    `{"log":"|${bad(1)}|${bad(1)}|${bad(3)}|${bad(2)}|${bad(4)}|${bad(2)}\\n","stream":"stdout","time":T}\n`,
  );
});

test('json-file splits long lines after 16 KiB with one time, and never inside a character', async () => {
  const log = jsonFile();
  await say(`${'x'.repeat(16384)}${'y'.repeat(16383)}é${'z'.repeat(10)}\n${'w'.repeat(16384)}\nshort\n`, log);
  const lines = readFileSync(log.path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { log: string; time: string });
  assert.deepEqual(
    lines.map((line) => [line.log.at(0), line.log.length, line.log.endsWith('\n')]),
    [
      ['x', 16384, false],
      ['y', 16383, false],
      ['é', 12, true],
      ['w', 16384, false],
      ['\n', 1, true],
      ['s', 6, true],
    ],
  );
  assert.equal(new Set(lines.slice(0, 3).map((line) => line.time)).size, 1);
});

test('json-file writes attributes before the time, and appends to an existing file', async () => {
  const log = jsonFile({ attrs: '{"a":"b"}' });
  await say('one\n', log);
  await say('two\n', log);
  assert.equal(
    withoutTime(readFileSync(log.path, 'utf8')),
    '{"log":"one\\n","stream":"stdout","attrs":{"a":"b"},"time":T}\n{"log":"two\\n","stream":"stdout","attrs":{"a":"b"},"time":T}\n',
  );
});

const LINES = 3000;
const numbered = Array.from({ length: LINES }, (_, i) => `line ${i}\n`).join('');

function messages(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { log: string }).log)
    .join('');
}

function filesOf(path: string): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return readdirSync(scratch.dir).filter((file) => file === name || file.startsWith(`${name}.`));
}

test('rotation keeps so many files, the newest lines without a gap', async () => {
  const log = jsonFile({ maxSizeBytes: 20_000, maxFiles: 4 });
  await say(numbered, log);
  assert.equal(filesOf(log.path).length, 4);
  const kept = [3, 2, 1].map((n) => readFileSync(`${log.path}.${n}`, 'utf8'));
  for (const file of kept) assert.ok(file.length >= 20_000 && file.length < 20_200, String(file.length));
  const all = messages([...kept, readFileSync(log.path, 'utf8')].join(''));
  assert.ok(numbered.endsWith(all));
  assert.ok(all.length > 0);
});

test('rotation with one file empties it', async () => {
  const log = jsonFile({ maxSizeBytes: 20_000, maxFiles: 1 });
  await say(numbered, log);
  assert.equal(filesOf(log.path).length, 1);
  assert.ok(numbered.endsWith(messages(readFileSync(log.path, 'utf8'))));
});

test('rotated files are compressed by the given program', async () => {
  const log = jsonFile({ maxSizeBytes: 20_000, maxFiles: 3, compress: ['/bin/gzip', '-f'] });
  await say(numbered, log);
  assert.deepEqual(filesOf(log.path).length, 3);
  const older = [2, 1].map((n) => gunzipSync(readFileSync(`${log.path}.${n}.gz`)).toString());
  const all = messages([...older, readFileSync(log.path, 'utf8')].join(''));
  assert.ok(numbered.endsWith(all));
});

test('the driver none writes nothing', async () => {
  await say('x\n', { driver: 'none' });
  assert.equal(existsSync(join(scratch.dir, 'none')), false);
});

test('both streams are told apart', async () => {
  const log = jsonFile();
  await runToEnd(scratch, { argv: ['sh', '-c', 'echo out; echo err >&2'], log });
  const lines = withoutTime(readFileSync(log.path, 'utf8')).trimEnd().split('\n').sort();
  assert.deepEqual(lines, [
    '{"log":"err\\n","stream":"stderr","time":T}',
    '{"log":"out\\n","stream":"stdout","time":T}',
  ]);
});
