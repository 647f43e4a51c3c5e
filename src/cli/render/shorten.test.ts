import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ellipsis, familiarImage, naturalCompare, shortId } from './shorten.ts';

test('ellipsis() counts columns, not characters', () => {
  assert.equal(ellipsis('hello', 5), 'hello');
  assert.equal(ellipsis('hello!', 5), 'hell…');
  assert.equal(ellipsis('日本語', 5), '日本…');
});

test('shortId() drops the algorithm', () => {
  assert.equal(shortId(`sha256:${'a'.repeat(64)}`), 'aaaaaaaaaaaa');
  assert.equal(shortId('abc'), 'abc');
});

test('familiarImage() drops digests and the default registry', () => {
  assert.equal(familiarImage('docker.io/library/busybox:1'), 'busybox:1');
  assert.equal(familiarImage('docker.io/team/app'), 'team/app');
  assert.equal(familiarImage(`quay.io/a/b@sha256:${'0'.repeat(64)}`), 'quay.io/a/b');
  assert.equal(familiarImage('library/sub/x'), 'library/sub/x');
});

test('naturalCompare() orders numbers by value', () => {
  assert.deepEqual(['80/tcp -> b:10', '80/tcp -> b:9', '9/tcp'].sort(naturalCompare), [
    '9/tcp',
    '80/tcp -> b:9',
    '80/tcp -> b:10',
  ]);
});
