import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';

test("parseGoDuration() reads Go's durations", () => {
  assert.equal(parseGoDuration('1h30m'), 5_400_000_000_000n);
  assert.equal(parseGoDuration('-1.5s'), -1_500_000_000n);
  assert.equal(parseGoDuration('.5s'), 500_000_000n);
  assert.equal(parseGoDuration('100ns'), 100n);
  assert.equal(parseGoDuration('0'), 0n);
});

test('parseGoDuration() knows what is none', () => {
  for (const text of ['', '5', 's', '.s', '1d', '1h x', '-', '1m2'])
    assert.equal(parseGoDuration(text), undefined, text);
});

test('formatGoDuration() prints as Go does', () => {
  const printed = [0n, 1n, 1_500n, 200_000_000n, 1_500_000_000n, 61_000_000_000n, 5_400_000_000_000n, -2_000_000_000n];
  assert.deepEqual(printed.map(formatGoDuration), ['0s', '1ns', '1.5µs', '200ms', '1.5s', '1m1s', '1h30m0s', '-2s']);
});
