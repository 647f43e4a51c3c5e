import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBasic } from './access.ts';
import { parseHtpasswd } from './htpasswd.ts';

const HASH = `$2y$05$${'a'.repeat(53)}`;

test('parseHtpasswd() reads users, and refuses hashes that are too weak', () => {
  assert.deepEqual([...parseHtpasswd(`# x\n\nalice:${HASH}\r\nbob:${HASH}\n`).keys()], ['alice', 'bob']);
  assert.throws(
    () => parseHtpasswd(`alice:${HASH}\nbob:$apr1$x$y\n`),
    /line 2 of the password file has no bcrypt hash/,
  );
  assert.throws(() => parseHtpasswd(`:${HASH}`), /line 1/);
});

test('parseBasic() splits at the first colon', () => {
  assert.deepEqual(parseBasic(`Basic ${btoa('a:b:c')}`), { user: 'a', password: 'b:c' });
  assert.equal(parseBasic(`Basic ${btoa('none')}`), undefined);
  assert.equal(parseBasic('Bearer x'), undefined);
  assert.equal(parseBasic(undefined), undefined);
});
