import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BerthError } from '#base/errors.ts';
import { errorResponse } from './errors-to-http.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('errorResponse() answers with the status of the kind, and 500 for mistakes of the program alone', () => {
  const statusOf = (error: unknown) => errorResponse(error).status;
  assert.equal(statusOf(new BerthError('conflict', 'x.y', 'in use')), 409);
  assert.equal(statusOf(new BerthError('not-modified', 'x.y', '')), 304);
  assert.equal(statusOf(new TypeError('x is not a function')), 500);
});

test('errorResponse() takes a null byte that a client sent for his mistake, wherever it was found', () => {
  assert.equal(errorResponse(thrownBy(() => readFileSync('/etc/\0'))).status, 400);
});
