import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLogConfig, jsonFileOptions, logAttributes } from './log-config.ts';

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

test('checkLogConfig() refuses unknown and impossible options', () => {
  const refuses = (config: Record<string, string>, message: string | RegExp) =>
    assert.throws(() => checkLogConfig(json(config)), { message });
  refuses({ colour: 'red' }, "unknown log opt 'colour' for json-file log driver");
  refuses({ 'max-file': '0' }, 'max-file cannot be less than 1');
  refuses({ 'max-file': 'x' }, 'invalid value for max-file: x');
  refuses({ 'max-size': 'big' }, 'invalid value for max-size: big');
  refuses({ compress: 'true', 'max-file': '1' }, /^compress cannot be true/);
  refuses({ mode: 'x' }, 'logger: logging mode not supported: x');
  refuses({ mode: 'non-blocking' }, /non-blocking/);
  assert.throws(() => checkLogConfig({ Type: 'none', Config: { a: '' } }), { message: /unknown log opt 'a'/ });
  checkLogConfig({ Type: 'none', Config: {} });
});

test('logAttributes() picks labels and variables by name and pattern, and fills in the tag', () => {
  const container = {
    id: 'f'.repeat(64),
    name: 'web',
    image: 'app:1',
    labels: { a: '1', b: '2', xyz: '3' },
    env: ['E=5', 'F=6', 'G'],
  };
  const config = json({ labels: 'a', 'labels-regex': '^x', env: 'E,G', tag: '{{.Name}}/{{.ID}}/{{.ImageName}}' });
  assert.deepEqual(logAttributes(config, container), { a: '1', xyz: '3', E: '5', tag: `web/${'f'.repeat(12)}/app:1` });
  assert.deepEqual(logAttributes(json({}), container), {});
});
