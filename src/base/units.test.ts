import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration, parseSize } from './units.ts';

test('parseSize() takes units of either base', () => {
  assert.equal(parseSize('64m', 1024), 64 * 1024 * 1024);
  assert.equal(parseSize('10m', 1000), 10_000_000);
  assert.equal(parseSize('1.5 GB', 1000), 1_500_000_000);
  assert.equal(parseSize('2KiB', 1024), 2048);
  assert.equal(parseSize('100', 1024), 100);
  for (const text of ['', 'm', '-1', '1x', '1 2']) assert.ok(Number.isNaN(parseSize(text, 1024)), text);
});

test('humanDuration() speaks as docker ps does', () => {
  const cases: [number, string][] = [
    [0.5, 'Less than a second'],
    [1.9, '1 second'],
    [59, '59 seconds'],
    [61, 'About a minute'],
    [121, '2 minutes'],
    [3600, 'About an hour'],
    [2 * 3600, '2 hours'],
    [4 * 86400, '4 days'],
    [15 * 86400, '2 weeks'],
    [90 * 86400, '3 months'],
    [3 * 365 * 86400, '3 years'],
  ];
  for (const [seconds, words] of cases) assert.equal(humanDuration(seconds), words);
});
