import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TarEntry } from './tar-entry.ts';
import { TarParser } from './tar-parser.ts';
import { encodeTarHeader, TAR_END, tarPadding } from './tar-writer.ts';

const PLAIN: TarEntry = {
  type: 'file',
  path: 'a/file',
  linkPath: '',
  size: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  userName: '',
  groupName: '',
  mtimeSeconds: 1_700_000_000,
  mtimeNanos: 0,
  devMajor: 0,
  devMinor: 0,
  xattrs: undefined,
  sparse: undefined,
};

function roundTrip(entries: readonly (readonly [TarEntry, string])[]): [TarEntry, string][] {
  const found: [TarEntry, string][] = [];
  const parser = new TarParser({
    entry: (entry) => void found.push([entry, '']),
    data: (bytes) => {
      found.at(-1)![1] += Buffer.from(bytes).toString('latin1');
    },
    entryEnd: () => {},
  });
  for (const [entry, data] of entries) {
    parser.push(encodeTarHeader(entry));
    parser.push(Buffer.from(data, 'latin1'));
    parser.push(Buffer.alloc(tarPadding(data.length)));
  }
  parser.push(TAR_END);
  parser.end();
  assert.ok(parser.ended);
  return found;
}

test('encodeTarHeader() writes what TarParser reads back', () => {
  const long = 'd'.repeat(90);
  const entries: TarEntry[] = [
    PLAIN,
    { ...PLAIN, size: 5, mode: 0o6755, uid: 1000, gid: 65_534 },
    { ...PLAIN, type: 'directory', path: 'a/' },
    { ...PLAIN, type: 'symlink', path: 'l', linkPath: '/target' },
    { ...PLAIN, type: 'hardlink', path: 'h', linkPath: 'a/file' },
    { ...PLAIN, type: 'char', path: 'null', devMajor: 1, devMinor: 3 },
    { ...PLAIN, type: 'block', path: 'b', devMajor: 259, devMinor: 70_000 },
    { ...PLAIN, type: 'fifo', path: 'p' },
    { ...PLAIN, path: `${long}/${long}` },
    { ...PLAIN, path: `${long}/${long}/${long}` },
    { ...PLAIN, path: 'n'.repeat(101) },
    { ...PLAIN, path: 'n'.repeat(300), linkPath: '' },
    { ...PLAIN, type: 'symlink', path: 'l', linkPath: `/${long}/${long}` },
    { ...PLAIN, path: 'b\xfcys\xff' },
    { ...PLAIN, uid: 3_000_000, gid: 4_000_000_000 },
    { ...PLAIN, mtimeNanos: 5, mtimeSeconds: 1 },
    { ...PLAIN, mtimeNanos: 123_456_789 },
    { ...PLAIN, mtimeSeconds: -1, mtimeNanos: 500_000_000 },
    { ...PLAIN, mtimeSeconds: -100, mtimeNanos: 0 },
    { ...PLAIN, xattrs: new Map([['security.capability', Buffer.from([1, 0, 0, 2, 255, 10])]]) },
  ];
  const found = roundTrip(entries.map((entry) => [entry, 'x'.repeat(entry.type === 'file' ? entry.size : 0)]));
  assert.equal(found.length, entries.length);
  for (const [index, entry] of entries.entries()) {
    const [read, data] = found[index]!;
    assert.deepEqual(
      { ...read, xattrs: [...(read.xattrs ?? [])].map(([n, v]) => [n, [...v]]) },
      {
        ...entry,
        xattrs: [...(entry.xattrs ?? [])].map(([n, v]) => [n, [...v]]),
      },
    );
    assert.equal(data.length, entry.size);
  }
});

test('encodeTarHeader() needs an extended header only where the fixed fields do not suffice', () => {
  assert.equal(encodeTarHeader(PLAIN).length, 512);
  assert.equal(encodeTarHeader({ ...PLAIN, mtimeNanos: 1 }).length, 1536);
});

test('encodeTarHeader() describes files of more than 8 GiB', () => {
  const size = 10 * 1024 ** 3;
  const found: number[] = [];
  const parser = new TarParser({ entry: (entry) => void found.push(entry.size), data: () => {}, entryEnd: () => {} });
  parser.push(encodeTarHeader({ ...PLAIN, size }));
  assert.deepEqual(found, [size]);
});
