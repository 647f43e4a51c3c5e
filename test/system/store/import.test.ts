import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { openFixture, streamOf, tarOf, writeTree } from './fixture.ts';

test('importRootfs() makes an image whose layer a container can be prepared over', async () => {
  await using fixture = openFixture('overlay');
  writeTree(fixture.scratch, { 'etc/hostname': 'box\n', 'bin/sh': '#!' });
  const id = await fixture.store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference: 'box', message: 'made' });
  const image = fixture.store.images.resolve('box');
  assert.equal(image.id, id);
  assert.equal(image.config.comment, 'made');
  assert.equal(fixture.store.images.resolve(id.slice(7, 19)).id, id);
  const mount = await fixture.store.snapshots.prepare('c'.repeat(64), image);
  assert.ok(mount.type === 'overlay');
  assert.equal(readFileSync(join(mount.lower[0]!, 'etc/hostname'), 'utf8'), 'box\n');
  assert.equal(statSync(mount.upper).mode & 0o7777, statSync(fixture.scratch).mode & 0o7777);
  await fixture.store.snapshots.remove('c'.repeat(64));
  assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
});

test('importRootfs() unpacks the same archive once, whatever its compression', async () => {
  await using fixture = openFixture('overlay');
  writeTree(fixture.scratch, { a: 'a' });
  const tar = tarOf(fixture.scratch);
  const two = Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]);
  const frames = Buffer.concat([zstdCompressSync(tar.subarray(0, 700)), zstdCompressSync(tar.subarray(700))]);
  for (const form of [tar, two, frames]) await fixture.store.importRootfs(streamOf(form), {});
  assert.equal(readdirSync(join(fixture.root, 'layers/overlay')).length, 1);
});

test('importRootfs() takes away what a process that is gone has left of its own', async () => {
  await using fixture = openFixture('overlay');
  mkdirSync(join(fixture.root, 'tmp/00000000-0000-0000-0000-000000000000.1.1.aa-0'), { recursive: true });
  await fixture.store.importRootfs(streamOf(tarOf(fixture.scratch)), {});
  assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
});

test('importRootfs() leaves nothing behind when the archive is damaged', async () => {
  await using fixture = openFixture('overlay');
  writeTree(fixture.scratch, { a: 'a'.repeat(5000) });
  const tar = tarOf(fixture.scratch);
  for (const bad of [tar.subarray(0, 3000), gzipSync(tar).subarray(0, 60), Buffer.alloc(5000, 7)]) {
    await assert.rejects(fixture.store.importRootfs(streamOf(bad), {}), { kind: 'invalid' });
  }
  assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
  assert.equal(fixture.store.images.table.all().length, 0);
});

test('resolve() says what docker says of an image that is not there', async () => {
  await using fixture = openFixture('overlay');
  assert.throws(() => fixture.store.images.resolve('nope'), {
    kind: 'not-found',
    message: 'No such image: nope:latest',
  });
  assert.throws(() => fixture.store.images.resolve('no/Pe'), {
    message: 'invalid reference format: repository name (no/Pe) must be lowercase',
  });
});
