import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerMember } from '#store/examine/list-members.ts';
import { findFile, mergeLayers } from './merge-layers.ts';

function file(path: string, size: number, more: Partial<LayerMember> = {}): LayerMember {
  const digest = `sha256:${path}${size}`;
  return { path, type: 'file', size, mode: 0o644, uid: 0, gid: 0, link: '', digest, ...more };
}
const directory = (path: string) => file(path, 0, { type: 'directory', digest: undefined });
const symlink = (path: string, link: string) => file(path, 0, { type: 'symlink', link, digest: undefined });
const paths = (layers: LayerMember[][]) => mergeLayers(layers).files.map(({ Path }) => Path);

test('mergeLayers() gives the topmost layer of each path and counts what it hides', () => {
  const merged = mergeLayers([[file('a', 10), file('b', 5)], [file('a', 7)], [file('a', 1)]]);
  assert.deepEqual(
    merged.files.map(({ Path, Size, Layer }) => [Path, Size, Layer]),
    [
      ['/a', 1, 2],
      ['/b', 5, 0],
    ],
  );
  assert.deepEqual(merged.wasted, [{ Path: '/a', Count: 3, Bytes: 17 }]);
});

test('mergeLayers() takes away what a whiteout names, with everything below', () => {
  const lower = [directory('d'), file('d/x', 3), directory('d/e'), file('d/e/y', 4), file('dx', 1)];
  const merged = mergeLayers([lower, [file('.wh.d', 0)]]);
  assert.deepEqual(
    merged.files.map(({ Path }) => Path),
    ['/dx'],
  );
  assert.deepEqual(merged.wasted, [
    { Path: '/d/e/y', Count: 1, Bytes: 4 },
    { Path: '/d/x', Count: 1, Bytes: 3 },
  ]);
});

test('mergeLayers() keeps what the layer of an opaque directory itself has, in either order', () => {
  const lower = [directory('d'), file('d/old', 3)];
  const opaque = file('d/.wh..wh..opq', 0);
  assert.deepEqual(paths([lower, [directory('d'), opaque, file('d/new', 1)]]), ['/d', '/d/new']);
  assert.deepEqual(paths([lower, [directory('d'), file('d/new', 1), opaque]]), ['/d', '/d/new']);
});

test('mergeLayers() loses what is below a directory that becomes a file', () => {
  assert.deepEqual(paths([[directory('d'), file('d/x', 3)], [file('d', 1)]]), ['/d']);
});

test('findFile() follows links inside the image, and gives up on circles', () => {
  const { files } = mergeLayers([
    [
      directory('usr'),
      file('usr/f', 1),
      symlink('lib', 'usr'),
      symlink('usr/up', '../../../lib'),
      symlink('loop', '/loop'),
      file('hard', 0, { type: 'hardlink', link: 'usr/f' }),
    ],
  ]);
  assert.equal(findFile(files, 'lib/up/f')?.Path, '/usr/f');
  assert.equal(findFile(files, '/hard')?.Path, '/usr/f');
  assert.equal(findFile(files, '/loop'), undefined);
  assert.equal(findFile(files, '/usr/none'), undefined);
});
