import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTimestamp } from './timestamp.ts';

const NOW = Date.parse('2026-01-02T03:04:05.678Z');

test('readTimestamp() counts durations back from now', () => {
  assert.equal(readTimestamp('5s', NOW), String(Date.parse('2026-01-02T03:04:00Z') / 1000));
  assert.equal(readTimestamp('1h30m', NOW), String(Date.parse('2026-01-02T01:34:05Z') / 1000));
});

test('readTimestamp() reads dates with a zone, and without one as local', () => {
  assert.equal(readTimestamp('2013-01-02T13:23:37Z', NOW), '1357133017.000000000');
  assert.equal(readTimestamp('2013-01-02T13:23:37.123456789Z', NOW), '1357133017.123456789');
  assert.equal(readTimestamp('2013-01-02T13:23+01:00', NOW), '1357129380.000000000');
  const local = new Date(2013, 0, 2).getTime() / 1000;
  assert.equal(readTimestamp('2013-01-02T00:00:00', NOW), `${local}.000000000`);
});

test('readTimestamp() passes Unix seconds on', () => {
  assert.equal(readTimestamp('1357133017', NOW), '1357133017');
  assert.equal(readTimestamp('1357133017.5', NOW), '1357133017.5');
  assert.equal(readTimestamp('0', NOW), '0');
});

test('readTimestamp() complains about anything else', () => {
  assert.throws(() => readTimestamp('foo', NOW), /^Error: failed to parse value as time or duration: "foo"$/);
  assert.throws(() => readTimestamp('2013-02-31', NOW), /^Error: parsing time "2013-02-31": day out of range$/);
  assert.throws(() => readTimestamp('2013-13-01', NOW), /^Error: parsing time "2013-13-01": month out of range$/);
  assert.throws(() => readTimestamp('1-2', NOW), /^Error: parsing time "1-2": cannot parse it as a time$/);
});
