import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoriesOf, packCpio } from './cpio.ts';

test('packCpio() writes headers, names and data on boundaries of four bytes, and an end', () => {
  const archive = packCpio([{ name: 'init', mode: 0o100755, data: Buffer.from('hello') }]);
  const header = archive.subarray(0, 110).toString();
  assert.equal(header.slice(0, 6), '070701');
  const field = (index: number): number => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
  assert.equal(field(1), 0o100755);
  assert.equal(field(6), 5); // data
  assert.equal(field(11), 5); // name with its NUL
  assert.equal(archive.subarray(110, 115).toString(), 'init\0');
  assert.equal(archive.subarray(116, 121).toString(), 'hello');
  assert.equal(archive.subarray(124, 130).toString(), '070701');
  assert.equal(archive.subarray(234, 244).toString(), 'TRAILER!!!');
  assert.equal(archive.length % 4, 0);
});

test('directoriesOf() names every parent once, outer ones first', () => {
  assert.deepEqual(
    directoriesOf(['a/b/c', 'a/d', 'e']).map(({ name }) => name),
    ['a', 'a/b'],
  );
});
