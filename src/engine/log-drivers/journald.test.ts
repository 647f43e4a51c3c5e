import assert from 'node:assert/strict';
import { test } from 'node:test';
import { journaldForward } from './journald.ts';

test('journaldForward() writes the fields of the native protocol', () => {
  const id = 'b'.repeat(64);
  const container = { id, name: 'web', image: 'app:1', imageId: '', labels: {}, env: [] };
  const { heads, middle, partTail } = journaldForward(container, 'tag', { 'my.label': 'one', _x: 'two\nlines' });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(9n);
  const expected = Buffer.concat([
    Buffer.from(`PRIORITY=6\nCONTAINER_ID=${'b'.repeat(12)}\nCONTAINER_ID_FULL=${id}\nCONTAINER_NAME=web\n`),
    Buffer.from('CONTAINER_TAG=tag\nIMAGE_NAME=app:1\nSYSLOG_IDENTIFIER=tag\nMY_LABEL=one\nX\n'),
    length,
    Buffer.from('two\nlines\nSYSLOG_TIMESTAMP='),
  ]);
  assert.deepEqual(Buffer.from(heads[0]), expected);
  assert.match(Buffer.from(heads[1]).toString(), /^PRIORITY=3\n/);
  assert.equal(Buffer.from(middle).toString(), '\nMESSAGE=');
  assert.equal(Buffer.from(partTail).toString(), '\nCONTAINER_PARTIAL_MESSAGE=true\n');
});
