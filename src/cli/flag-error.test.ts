import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goQuote, invalidValue } from './flag-error.ts';

test('goQuote() escapes what Go does not print as it is', () => {
  assert.equal(goQuote('a "b" \\ c'), '"a \\"b\\" \\\\ c"');
  assert.equal(goQuote('\t\n\x00\x1b\x7f'), '"\\t\\n\\x00\\x1b\\x7f"');
  assert.equal(goQuote('é日本😀'), '"é日本😀"');
  assert.equal(goQuote('\u00a0\u200b\u2028\u{e0001}'), '"\\u00a0\\u200b\\u2028\\U000e0001"');
});

test('invalidValue() names a flag by its letter too', () => {
  const memory = { name: 'memory', short: 'm', usage: '' };
  assert.equal(invalidValue(memory, 'x', 'why').message, 'invalid argument "x" for "-m, --memory" flag: why');
  assert.equal(
    invalidValue({ name: 'cpus', usage: '' }, 'x', 'why').message,
    'invalid argument "x" for "--cpus" flag: why',
  );
});
