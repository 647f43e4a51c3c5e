import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { checkPlatform } from './check-platform.ts';

const ARM = { os: 'linux', architecture: 'arm64', variant: 'v8' };

test('checkPlatform() takes what was not asked for as it is', () => {
  checkPlatform(ARM, undefined, 'x');
  checkPlatform(ARM, { os: 'linux' }, 'x');
  checkPlatform(ARM, { os: 'linux', architecture: 'arm64' }, 'x');
  checkPlatform({ os: 'linux', architecture: 'arm64' }, ARM, 'x');
});

test('checkPlatform() says what the image is and what was asked for', () => {
  assert.throws(
    () => checkPlatform(ARM, { os: 'linux', architecture: 'amd64' }, 'x:1'),
    (error) =>
      isBerthError(error, 'not-found') &&
      error.message ===
        'image with reference x:1 was found but its platform (linux/arm64/v8) does not match the specified platform (linux/amd64)',
  );
});
