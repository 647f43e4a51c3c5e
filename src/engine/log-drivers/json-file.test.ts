import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFileOptions, logFileOptions } from './json-file.ts';

const json = (Config: Record<string, string>) => ({ Type: 'json-file', Config });

test('jsonFileOptions() is bounded by default and follows the options', () => {
  assert.deepEqual(jsonFileOptions(json({})), { maxSize: 10_000_000, maxFiles: 5, compress: false });
  assert.deepEqual(jsonFileOptions(json({ 'max-size': '2k', 'max-file': '3', compress: 'true' })), {
    maxSize: 2000,
    maxFiles: 3,
    compress: true,
  });
  assert.equal(jsonFileOptions(json({ 'max-size': '-1' })).maxSize, undefined);
});

test('logFileOptions() knows what each driver keeps here', () => {
  const kept = { maxSize: 20_000_000, maxFiles: 5, compress: true };
  const options = (Type: string, Config: Record<string, string> = {}) => logFileOptions({ Type, Config });
  assert.equal(options('none'), undefined);
  assert.deepEqual(options('local'), kept);
  assert.deepEqual(options('local', { 'max-size': '1k' }), { ...kept, maxSize: 1000 });
  assert.deepEqual(options('syslog'), kept);
  assert.deepEqual(options('journald', { 'cache-max-file': '2', 'cache-compress': 'false' }), {
    maxSize: 20_000_000,
    maxFiles: 2,
    compress: false,
  });
  assert.equal(options('syslog', { 'cache-disabled': 'true' }), undefined);
  assert.throws(() => options('syslog', { 'cache-disabled': 'perhaps' }), /invalid value for cache-disabled: perhaps/);
});
