import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ansiTime, goDuration, goTimeText } from './go-time.ts';

test('goTimeText() keeps the zone a time was written in', () => {
  assert.equal(goTimeText('2026-11-27T15:58:00.120Z'), '2026-11-27 15:58:00.12 +0000 UTC');
  assert.equal(goTimeText('2026-11-27T15:58:00+01:00'), '2026-11-27 15:58:00 +0100 +0100');
  assert.equal(goTimeText('0001-01-01T00:00:00Z'), '0001-01-01 00:00:00 +0000 UTC');
  assert.equal(goTimeText('yesterday'), 'yesterday');
});

test('goDuration() uses the units that Go does', () => {
  assert.equal(goDuration(0), '0s');
  assert.equal(goDuration(1500), '1.5µs');
  assert.equal(goDuration(30e9), '30s');
  assert.equal(goDuration(3_661_500_000_000), '1h1m1.5s');
  assert.equal(goDuration(-60e9), '-1m0s');
});

test('ansiTime() pads the day of the month', () => {
  assert.equal(ansiTime('2025-05-03T12:07:54.000000000+00:00'), 'Sat May  3 12:07:54 2025');
  assert.equal(ansiTime('unknown'), 'unknown');
});
