import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileStat } from '#sys/files/stat-at.ts';
import { goFileMode, lastPart, pathStat } from './path-stat.ts';

const STAT: FileStat = {
  mode: 0o104755,
  links: 1,
  uid: 0,
  gid: 0,
  device: 1,
  inode: 2,
  size: 3,
  allocated: 4096,
  devMajor: 0,
  devMinor: 0,
  mtimeSeconds: 1_700_000_000,
  mtimeNanos: 120_000_000,
  ctimeSeconds: 0,
};

test("goFileMode() gives Go's bits", () => {
  assert.equal(goFileMode(0o104755), 8_389_101);
  assert.equal(goFileMode(0o040755), 2_147_484_141);
  assert.equal(goFileMode(0o120777), 134_218_239);
  assert.equal(goFileMode(0o041777), 2 ** 31 + 2 ** 20 + 0o777);
  assert.equal(goFileMode(0o020666), 2 ** 26 + 2 ** 21 + 0o666);
  assert.equal(goFileMode(0o060660), 2 ** 26 + 0o660);
  assert.equal(goFileMode(0o010644), 2 ** 25 + 0o644);
});

test('lastPart() names what an archive begins with', () => {
  assert.deepEqual(['/', '/d', '/d/', '/d/.', '/.', '/a/b'].map(lastPart), ['/', 'd', 'd', '.', '.', 'b']);
});

test('pathStat() describes a path as the API does', () => {
  const found = { stat: STAT, directory: 'd', member: 'f', linkTarget: '' };
  assert.deepEqual(pathStat('/d/f', found), {
    name: 'f',
    size: 3,
    mode: 8_389_101,
    mtime: '2023-11-14T22:13:20.12Z',
    linkTarget: '',
  });
});
