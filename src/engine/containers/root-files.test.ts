import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRootFile } from './root-files.ts';

function layers(t: { after(fn: () => void): void }): { top: string; bottom: string } {
  const root = mkdtempSync(join(tmpdir(), 'berth-root-files-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [top, bottom] = [join(root, 'top'), join(root, 'bottom')];
  for (const layer of [top, bottom]) mkdirSync(join(layer, 'etc'), { recursive: true });
  writeFileSync(join(root, 'outside'), 'secret');
  return { top, bottom };
}

test('readRootFile() takes the topmost file of merged directories', (t) => {
  const { top, bottom } = layers(t);
  writeFileSync(join(bottom, 'etc/passwd'), 'lower');
  assert.equal(readRootFile([top, bottom], '/etc/passwd'), 'lower');
  writeFileSync(join(top, 'etc/passwd'), 'upper');
  assert.equal(readRootFile([top, bottom], '/etc/passwd'), 'upper');
  assert.equal(readRootFile([top, bottom], '/etc/group'), undefined);
});

test('readRootFile() follows links across layers, absolute ones from the root', (t) => {
  const { top, bottom } = layers(t);
  mkdirSync(join(bottom, 'usr/lib'), { recursive: true });
  writeFileSync(join(bottom, 'usr/lib/passwd'), 'linked');
  symlinkSync('../usr/lib/passwd', join(top, 'etc/passwd'));
  symlinkSync('/usr/lib', join(top, 'lib'));
  assert.equal(readRootFile([top, bottom], '/etc/passwd'), 'linked');
  assert.equal(readRootFile([top, bottom], '/lib/passwd'), 'linked');
});

test('readRootFile() never leaves the root and gives up on loops', (t) => {
  const { top, bottom } = layers(t);
  symlinkSync('../../../outside', join(top, 'etc/passwd'));
  symlinkSync('..', join(top, 'up'));
  symlinkSync('loop', join(top, 'loop'));
  assert.equal(readRootFile([top, bottom], '/etc/passwd'), undefined);
  assert.equal(readRootFile([top, bottom], '/up/outside'), undefined);
  assert.equal(readRootFile([top, bottom], '/loop'), undefined);
});

test('readRootFile() of a directory or a path through a file is nothing', (t) => {
  const { top, bottom } = layers(t);
  writeFileSync(join(top, 'file'), 'x');
  assert.equal(readRootFile([top, bottom], '/etc'), undefined);
  assert.equal(readRootFile([top, bottom], '/file/x'), undefined);
});
