import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { requireRoot } from './require-root.ts';

test('requireRoot() lets root pass and tells others what they can do', () => {
  requireRoot('/var/lib/berth', 0);
  assert.throws(
    () => requireRoot('/var/lib/berth', 1000),
    (error) => isBerthError(error, 'forbidden') && /root's/.test(error.message) && /sudo/.test(error.hint ?? ''),
  );
});
