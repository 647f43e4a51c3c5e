import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiarReference, formatReference, parseReference, parseReferenceOrId, withDefaultTag } from './reference.ts';

const HEX = 'ab'.repeat(32);

test('parseReference() completes names as docker does', () => {
  const cases: [string, string, string][] = [
    ['ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
    ['user/image:1', 'docker.io/user/image:1', 'user/image:1'],
    ['index.docker.io/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
    ['localhost:5000/x/y', 'localhost:5000/x/y:latest', 'localhost:5000/x/y:latest'],
    ['Upper/x', 'Upper/x:latest', 'Upper/x:latest'],
    ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
    ['quay.io/a__b/c-d.e', 'quay.io/a__b/c-d.e:latest', 'quay.io/a__b/c-d.e:latest'],
    [`x@sha256:${HEX}`, `docker.io/library/x@sha256:${HEX}`, `x@sha256:${HEX}`],
    [`x:1@sha256:${HEX}`, `docker.io/library/x:1@sha256:${HEX}`, `x:1@sha256:${HEX}`],
  ];
  for (const [text, full, familiar] of cases) {
    const reference = withDefaultTag(parseReference(text));
    assert.equal(formatReference(reference), full);
    assert.equal(familiarReference(reference), familiar);
  }
});

test('parseReference() refuses with docker words', () => {
  const cases: [string, string][] = [
    ['', 'invalid reference format'],
    ['a:b:c', 'invalid reference format'],
    ['-x', 'invalid reference format'],
    ['x/', 'invalid reference format'],
    ['a..b', 'invalid reference format'],
    ['Foo', 'invalid reference format: repository name (library/Foo) must be lowercase'],
    ['x.y/Foo', 'invalid reference format: repository name (Foo) must be lowercase'],
    [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
    ['a'.repeat(250), 'repository name must not be longer than 255 characters'],
    [`x@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
    [`x@md5:${'a'.repeat(40)}`, 'unsupported digest algorithm'],
  ];
  for (const [text, message] of cases) assert.throws(() => parseReference(text), { kind: 'invalid', message });
});

test('parseReferenceOrId() takes whole ids', () => {
  assert.deepEqual(parseReferenceOrId(HEX), { id: `sha256:${HEX}` });
  assert.deepEqual(parseReferenceOrId(`sha256:${HEX}`), { id: `sha256:${HEX}` });
});
