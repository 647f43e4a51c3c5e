import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChallenges } from './challenge.ts';

test('parseChallenges() reads quoted and plain parameters, and several challenges', () => {
  const header =
    'Bearer realm="https://a/token",service=reg,scope="repository:x:pull,push", Basic realm="say \\"hi\\""';
  assert.deepEqual(parseChallenges(header), [
    { scheme: 'bearer', parameters: { realm: 'https://a/token', service: 'reg', scope: 'repository:x:pull,push' } },
    { scheme: 'basic', parameters: { realm: 'say "hi"' } },
  ]);
});

test('parseChallenges() ends where it cannot read on', () => {
  assert.deepEqual(parseChallenges(''), []);
  assert.deepEqual(parseChallenges('Negotiate'), [{ scheme: 'negotiate', parameters: {} }]);
  assert.deepEqual(parseChallenges('Bearer realm="unfinished')[0]?.parameters, {});
});
