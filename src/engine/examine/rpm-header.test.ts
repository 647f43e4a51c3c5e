import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRpmHeader } from './rpm-header.ts';

/** A header of texts (type 6) and numbers (type 4). */
function header(values: readonly (readonly [number, string | number])[]): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let at = 0;
  for (const [tag, value] of values) {
    const bytes = typeof value === 'string' ? Buffer.from(`${value}\0`) : Buffer.alloc(4);
    if (typeof value === 'number') bytes.writeUInt32BE(value);
    const entry = Buffer.alloc(16);
    entry.writeUInt32BE(tag, 0);
    entry.writeUInt32BE(typeof value === 'string' ? 6 : 4, 4);
    entry.writeUInt32BE(at, 8);
    entry.writeUInt32BE(1, 12);
    index.push(entry);
    data.push(bytes);
    at += bytes.length;
  }
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(values.length, 0);
  counts.writeUInt32BE(at, 4);
  return Buffer.concat([counts, ...index, ...data]);
}

test('readRpmHeader() gives name, version with epoch and release, and size', () => {
  const bytes = header([
    [1000, 'bash'],
    [1001, '5.2'],
    [1002, '3.fc40'],
    [1003, 2],
    [1009, 8_000_000],
  ]);
  assert.deepEqual(readRpmHeader(bytes), { Name: 'bash', Version: '2:5.2-3.fc40', Size: 8_000_000 });
  assert.deepEqual(
    readRpmHeader(
      header([
        [1000, 'a'],
        [1001, '1'],
      ]),
    ),
    { Name: 'a', Version: '1', Size: -1 },
  );
});

test('readRpmHeader() gives nothing for keys and for bytes that are no header', () => {
  assert.equal(
    readRpmHeader(
      header([
        [1000, 'gpg-pubkey'],
        [1001, '1'],
      ]),
    ),
    undefined,
  );
  assert.equal(readRpmHeader(header([[1000, 'a']])), undefined);
  assert.equal(readRpmHeader(Buffer.alloc(4)), undefined);
  assert.equal(readRpmHeader(Buffer.alloc(64, 0xff)), undefined);
  assert.equal(
    readRpmHeader(
      header([
        [1000, 'a'],
        [1001, '1'],
      ]).subarray(0, 20),
    ),
    undefined,
  );
});
