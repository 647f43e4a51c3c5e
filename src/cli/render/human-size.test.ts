import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binarySize, humanSize, significant } from './human-size.ts';

test('humanSize() has four digits, or as many as asked', () => {
  assert.equal(humanSize(0), '0B');
  assert.equal(humanSize(999), '999B');
  assert.equal(humanSize(2_026_481), '2.026MB');
  assert.equal(humanSize(2_026_481, 3), '2.03MB');
  assert.equal(humanSize(1000), '1kB');
  assert.equal(humanSize(999_950, 3), '1e+03kB');
  assert.equal(humanSize(1e15), '1PB');
  assert.equal(humanSize(512_500, 3), '512kB');
  assert.equal(humanSize(513_500, 3), '514kB');
});

test('binarySize() counts in powers of 1024', () => {
  assert.equal(binarySize(1024), '1KiB');
  assert.equal(binarySize(1536 * 1024 * 1024), '1.5GiB');
  assert.equal(binarySize(1023), '1023B');
});

test('significant() prints as %g does', () => {
  assert.equal(significant(12345, 4), '1.234e+04');
  assert.equal(significant(100, 3), '100');
  assert.equal(significant(0.00001234, 3), '1.23e-05');
  assert.equal(significant(1.5, 4), '1.5');
});
