import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepEnding, planCopy, rebase, renameEntry, resolveLink, splitArgument, splitEntry } from './paths.ts';

test('splitArgument() takes what comes before the first colon for a container', () => {
  assert.deepEqual(splitArgument('web:/etc'), { container: 'web', path: '/etc' });
  assert.deepEqual(splitArgument('web:etc:x'), { container: 'web', path: 'etc:x' });
  assert.deepEqual(splitArgument('/a:b'), { container: '', path: '/a:b' });
  assert.deepEqual(splitArgument('./a:b'), { container: '', path: './a:b' });
  assert.deepEqual(splitArgument('a'), { container: '', path: 'a' });
  assert.deepEqual(splitArgument('-'), { container: '', path: '-' });
});

test('keepEnding() keeps a slash and a dot at the end', () => {
  assert.equal(keepEnding('/a', 'a/'), '/a/');
  assert.equal(keepEnding('/a', 'a/.'), '/a/.');
  assert.equal(keepEnding('/', '/.'), '/.');
  assert.equal(keepEnding('/a', 'a'), '/a');
});

test('splitEntry() keeps the dot as a name', () => {
  assert.deepEqual(splitEntry('/a/b/'), { directory: '/a', name: 'b' });
  assert.deepEqual(splitEntry('/a/b/.'), { directory: '/a/b', name: '.' });
  assert.deepEqual(splitEntry('/'), { directory: '/', name: '/' });
});

test('resolveLink() counts relative links from where they stand', () => {
  assert.equal(resolveLink('/a/link', 'x'), '/a/x');
  assert.equal(resolveLink('/a/link', '../x'), '/x');
  assert.equal(resolveLink('/a/link', '/x'), '/x');
});

test('rebase() remembers the name that was asked for', () => {
  assert.deepEqual(rebase('/a/link', '/b/real'), { path: '/b/real', name: 'link' });
  assert.deepEqual(rebase('/a/link/', '/b/real'), { path: '/b/real/', name: 'link' });
  assert.deepEqual(rebase('/a/same', '/b/same'), { path: '/b/same', name: undefined });
});

const file = { path: '/s/file', exists: true, isDirectory: false };
const folder = { path: '/s/dir', exists: true, isDirectory: true };
const contents = { path: '/s/dir/.', exists: true, isDirectory: true };

test('planCopy() unpacks into a folder that exists', () => {
  const into = { path: '/d', exists: true, isDirectory: true };
  for (const source of [file, folder, contents]) assert.deepEqual(planCopy(source, into), { directory: '/d' });
});

test('planCopy() gives a new name where nothing exists', () => {
  const absent = { path: '/d/new', exists: false, isDirectory: false };
  assert.deepEqual(planCopy(file, absent), { directory: '/d', rename: { from: 'file', to: 'new' } });
  assert.deepEqual(planCopy(folder, absent), { directory: '/d', rename: { from: 'dir', to: 'new' } });
  assert.deepEqual(planCopy(contents, absent), { directory: '/d', rename: { from: '.', to: 'new' } });
});

test('planCopy() gives what a link led to the name of the link', () => {
  const linked = { path: '/s/real', exists: true, isDirectory: true, name: 'link' };
  const into = { path: '/d', exists: true, isDirectory: true };
  assert.deepEqual(planCopy(linked, into), { directory: '/d', rename: { from: 'real', to: 'link' } });
});

test('planCopy() replaces a file by a file only', () => {
  const there = { path: '/d/old', exists: true, isDirectory: false };
  assert.deepEqual(planCopy(file, there), { directory: '/d', rename: { from: 'file', to: 'old' } });
  assert.throws(() => planCopy(folder, there), /^Error: cannot copy directory$/);
});

test('planCopy() does not make a folder for a file', () => {
  const asserted = { path: '/d/new/', exists: false, isDirectory: false };
  assert.throws(() => planCopy(file, asserted), /^Error: no such directory$/);
  assert.deepEqual(planCopy(folder, asserted).directory, '/d');
});

test('renameEntry() changes the first part only', () => {
  assert.equal(renameEntry('dir/a/dir', { from: 'dir', to: 'new' }), 'new/a/dir');
  assert.equal(renameEntry('dir', { from: 'dir', to: 'new' }), 'new');
  assert.equal(renameEntry('./a', { from: '.', to: 'new' }), 'new/a');
  assert.equal(renameEntry('directory', { from: 'dir', to: 'new' }), 'directory');
  assert.equal(renameEntry('etc/passwd', { from: '/', to: 'new' }), 'new/etc/passwd');
});
