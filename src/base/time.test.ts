import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTimeNs, nowNs, parseTimeNs } from './time.ts';

test('formatTimeNs() prints nanoseconds without trailing zeros', () => {
  assert.equal(formatTimeNs(0n), '1970-01-01T00:00:00Z');
  assert.equal(formatTimeNs(1_500_000_000n), '1970-01-01T00:00:01.5Z');
  assert.equal(formatTimeNs(1_000_000_001n), '1970-01-01T00:00:01.000000001Z');
});

test('parseTimeNs() reads what formatTimeNs() prints, and offsets', () => {
  const now = nowNs();
  assert.equal(parseTimeNs(formatTimeNs(now)), now);
  assert.equal(parseTimeNs('1970-01-01T01:00:00.25+01:00'), 250_000_000n);
  assert.equal(parseTimeNs('yesterday'), undefined);
});

test('nowNs() is within the clock second', () => {
  assert.ok(Math.abs(Number(nowNs() / 1_000_000n) - Date.now()) < 1000);
});
