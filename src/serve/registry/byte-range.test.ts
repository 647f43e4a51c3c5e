import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseContentRange, parseRange } from './byte-range.ts';

test('parseRange() gives the bytes of a header within what is there', () => {
  assert.deepEqual(parseRange('bytes=0-9', 100), { first: 0, last: 9 });
  assert.deepEqual(parseRange('bytes=90-200', 100), { first: 90, last: 99 });
  assert.deepEqual(parseRange('bytes=90-', 100), { first: 90, last: 99 });
  assert.deepEqual(parseRange('bytes=-10', 100), { first: 90, last: 99 });
  assert.deepEqual(parseRange('bytes=-1000', 100), { first: 0, last: 99 });
  assert.equal(parseRange('bytes=100-', 100), 'none');
  assert.equal(parseRange('bytes=-0', 100), 'none');
  assert.equal(parseRange('bytes=0-', 0), 'none');
  for (const header of [undefined, 'bytes=-', 'bytes=5-1', 'bytes=0-1,3-4', 'lines=0-1'])
    assert.equal(parseRange(header, 100), 'all', String(header));
});

test('parseContentRange() reads both ways of writing, and nothing else', () => {
  assert.deepEqual(parseContentRange('0-99'), { first: 0, last: 99 });
  assert.deepEqual(parseContentRange('bytes 5-9/100'), { first: 5, last: 9 });
  for (const header of ['', '9-5', '-5', '1-', `0-${'9'.repeat(30)}`])
    assert.equal(parseContentRange(header), undefined);
});
