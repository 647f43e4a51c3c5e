import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { checkFilters, parseFilters } from './filters.ts';

test('parseFilters() reads both forms that clients send', () => {
  assert.deepEqual(parseFilters('{"label":["a=1","b"]}'), { label: ['a=1', 'b'] });
  assert.deepEqual(parseFilters('{"label":{"a=1":true,"b":true,"c":false}}'), { label: ['a=1', 'b'] });
  assert.deepEqual(parseFilters(undefined), {});
  assert.deepEqual(parseFilters('null'), {});
});

test('parseFilters() refuses everything else', () => {
  for (const text of ['x', '[]', '3', '{"a":3}', '{"a":[3]}', '{"a":null}'])
    assert.throws(
      () => parseFilters(text),
      (error) => isBerthError(error, 'invalid') && error.message === 'invalid filter',
      text,
    );
});

test('checkFilters() names the filter that a call does not know', () => {
  assert.throws(() => checkFilters({ foo: ['a'] }, ['label']), /^.*invalid filter 'foo'$/s);
  assert.deepEqual(checkFilters({ label: ['a'] }, ['label']), { label: ['a'] });
});
