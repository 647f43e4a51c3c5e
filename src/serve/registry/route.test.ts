import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { parseRoute } from './route.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('parseRoute() reads the paths of the specification', () => {
  assert.deepEqual(parseRoute('/v2/'), { kind: 'base' });
  assert.deepEqual(parseRoute('/v2/_catalog'), { kind: 'catalog' });
  assert.deepEqual(parseRoute('/v2/a/b/blobs/uploads/'), { kind: 'begin-upload', repository: 'a/b' });
  assert.deepEqual(parseRoute(`/v2/a/blobs/${DIGEST}`), { kind: 'blob', repository: 'a', digest: DIGEST });
  assert.deepEqual(parseRoute('/v2/a/manifests/v1.0'), { kind: 'manifest', repository: 'a', reference: 'v1.0' });
  const digest = DIGEST.replace(':', '%3A');
  assert.deepEqual(parseRoute(`/v2/a/referrers/${digest}`), { kind: 'referrers', repository: 'a', digest: DIGEST });
  assert.deepEqual(parseRoute('/v2/manifests/tags/list'), { kind: 'tags', repository: 'manifests' });
  assert.equal(parseRoute('/'), undefined);
  assert.equal(parseRoute('/v2/a/other'), undefined);
  assert.equal(parseRoute('/v2/a/blobs/uploads/..%2Fx'), undefined);
  assert.equal(parseRoute('/v2/%E0%A4%A'), undefined);
});

test('parseRoute() refuses names and digests that are none', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['/v2/A/tags/list', 'NAME_INVALID'],
    ['/v2/../tags/list', 'NAME_INVALID'],
    ['/v2/a%2F..%2Fb/tags/list', 'NAME_INVALID'],
    [`/v2/${'a'.repeat(256)}/tags/list`, 'NAME_INVALID'],
    ['/v2/a/blobs/sha256:00', 'DIGEST_INVALID'],
    ['/v2/a/blobs/__proto__:00', 'DIGEST_INVALID'],
    ['/v2/a/manifests/-x', 'TAG_INVALID'],
    [`/v2/a/manifests/${DIGEST}0`, 'DIGEST_INVALID'],
    ['/v2/a/blobs/uploads/x', 'BLOB_UPLOAD_UNKNOWN'],
  ];
  for (const [path, code] of refused) {
    assert.throws(
      () => parseRoute(path),
      (error) => isBerthError(error) && error.code === `registry.refused.${code}`,
      path,
    );
  }
});
