import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { parseApiTimestamp, toApiTimestamp } from './timestamp.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');

test('toApiTimestamp() turns durations into seconds and dates into nanoseconds', () => {
  assert.equal(toApiTimestamp('10m', NOW), String(NOW / 1000 - 600));
  assert.equal(toApiTimestamp('2026-01-02T03:04:05.5Z', NOW), `${NOW / 1000}.500000000`);
  assert.equal(toApiTimestamp('2026-01-02T05:04:05+02:00', NOW), `${NOW / 1000}.000000000`);
  assert.equal(toApiTimestamp('2026-01-02T03Z', NOW), `${NOW / 1000 - 245}.000000000`);
  assert.equal(toApiTimestamp('0', NOW), '0');
  assert.equal(toApiTimestamp('1700000000.25', NOW), '1700000000.25');
});

test('toApiTimestamp() reads a date without a zone as local time', () => {
  assert.equal(toApiTimestamp('2026-01-02', NOW), `${new Date(2026, 0, 2).getTime() / 1000}.000000000`);
});

test('toApiTimestamp() rejects what is no time', () => {
  for (const text of ['yesterday', '2026-13-45', '']) {
    assert.throws(
      () => toApiTimestamp(text, NOW),
      (error) => isBerthError(error, 'invalid'),
      text,
    );
  }
});

test('parseApiTimestamp() keeps nanoseconds', () => {
  assert.equal(parseApiTimestamp('1700000000.000000001'), 1_700_000_000_000_000_001n);
  assert.equal(parseApiTimestamp('5'), 5_000_000_000n);
  assert.throws(() => parseApiTimestamp('1h'), /invalid syntax/);
});
