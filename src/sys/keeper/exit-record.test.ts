import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseExitRecord, readExitRecord, readStartTimeNs } from './exit-record.ts';

const TIMES = 'started=1764256756025266277\nfinished=1764256757000000000\n';

test('parseExitRecord() reads fields, times and collected files when they hold anything', () => {
  const text = `pid=12\ncode=137\nsignal=9\n${TIMES}file memory.events 23\noom 1\nfile x 3\ncode=0\n\n\nfile none 0\n\nfile last 2\nab\n`;
  assert.deepEqual(parseExitRecord(Buffer.from(text)), {
    pid: 12,
    exitCode: 137,
    signal: 9,
    startedAt: '2025-11-27T15:19:16.025266277Z',
    finishedAt: '2025-11-27T15:19:17Z',
    collected: { 'memory.events': 'oom 1\nfile x 3\ncode=0\n\n', none: '', last: 'ab' },
    logDroppedBytes: 0,
  });
});

test('parseExitRecord() leaves out the signal of a process that exited, and tells about dropped log and cleanup', () => {
  const failure = Buffer.alloc(14 + 4 + 2);
  failure.writeUInt8(5, 0);
  failure.writeUInt16LE(21, 1);
  failure.writeUInt32LE(8, 3);
  failure.writeInt32LE(16, 7);
  failure.writeUInt16LE(4, 12);
  failure.write('/cgp', 14);
  const head = `pid=1\ncode=0\nsignal=0\n${TIMES}log-dropped=77\ncleanup-failed=2\nfile cleanup-failure ${failure.length}\n`;
  const record = parseExitRecord(Buffer.concat([Buffer.from(head), failure, Buffer.from('\n')]));
  assert.equal('signal' in record, false);
  assert.equal(record.logDroppedBytes, 77);
  assert.deepEqual(record.collected, {});
  assert.deepEqual(record.cleanup, {
    failed: 2,
    first: { side: 'cleanup', index: 7, op: 'rmdir', errno: 16, reason: 'none', path: '/cgp', detail: '' },
  });
});

test('readExitRecord() and readStartTimeNs() give undefined before there is anything', () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-record-'));
  try {
    assert.equal(readExitRecord(dir), undefined);
    assert.equal(readExitRecord(join(dir, 'missing')), undefined);
    assert.equal(readStartTimeNs(dir), undefined);
    writeFileSync(join(dir, 'exit'), `pid=1\ncode=3\nsignal=0\n${TIMES}`);
    symlinkSync('1764256756025266277', join(dir, 'started'));
    assert.equal(readExitRecord(dir)?.exitCode, 3);
    assert.equal(readStartTimeNs(dir), 1764256756025266277n);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
