import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ImageUser } from '#store/images/remove-image.ts';
import { type Fixture, openFixture, streamOf, tarOf, writeTree } from './fixture.ts';

const BOX = 'b'.repeat(64);
const nobody = () => [];

async function importOne(fixture: Fixture, reference: string | undefined, content: string): Promise<string> {
  writeTree(fixture.scratch, { file: content });
  return await fixture.store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference });
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('removeImage() untags first and deletes with the last name, layers and blobs included', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  const id = await importOne(fixture, 'one:1', 'one');
  store.tagImage('one:1', 'two', '2');
  const chain = store.images.resolve(id).row.topLayer!;
  assert.deepEqual(await store.removeImage('one:1', nobody), [{ Untagged: 'one:1' }]);
  assert.deepEqual(await store.removeImage('two:2', nobody), [
    { Untagged: 'two:2' },
    { Deleted: id },
    { Deleted: chain },
  ]);
  assert.throws(() => store.images.resolve(id), { kind: 'not-found' });
  assert.deepEqual(readdirSync(join(fixture.root, 'layers/overlay')), []);
  assert.deepEqual(readdirSync(join(fixture.root, 'blobs/sha256')), []);
});

test('removeImage() tells conflicts in docker words', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  const id = await importOne(fixture, 'one', 'one');
  const short = id.slice(7, 19);
  const stopped = (): ImageUser[] => [{ id: BOX, isRunning: false }];
  const running = (): ImageUser[] => [{ id: BOX, isRunning: true }];
  await assert.rejects(store.removeImage('one', stopped), {
    kind: 'conflict',
    message: `conflict: unable to remove repository reference "one" (must force) - container bbbbbbbbbbbb is using its referenced image ${short}`,
  });
  await assert.rejects(store.removeImage(short, stopped), {
    message: `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container bbbbbbbbbbbb`,
  });
  await assert.rejects(store.removeImage(short, running, { force: true }), {
    message: `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container bbbbbbbbbbbb`,
  });
  store.tagImage('one', 'elsewhere/two');
  await assert.rejects(store.removeImage(short, nobody), {
    message: `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
  });
  const removed = await store.removeImage(short, nobody, { force: true });
  assert.deepEqual(removed.slice(0, 2), [{ Untagged: 'elsewhere/two:latest' }, { Untagged: 'one:latest' }]);
  await assert.rejects(store.removeImage('one', nobody), { message: 'No such image: one:latest' });
});

test('removeImage() by force keeps the layers that a container stands on', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  const id = await importOne(fixture, 'one', 'one');
  const mount = await store.snapshots.prepare(BOX, store.images.resolve('one'));
  assert.ok(mount.type === 'overlay');
  const items = await store.removeImage('one', () => [{ id: BOX, isRunning: false }], { force: true });
  assert.deepEqual(items, [{ Untagged: 'one:latest' }, { Deleted: id }]);
  assert.equal(readFileSync(join(mount.lower[0]!, 'file'), 'utf8'), 'one');
  const kept = await store.commit(BOX, { reference: 'kept', config: {}, createdBy: 'sh' });
  assert.deepEqual(
    store.imageHistory(kept).map(({ Comment, Size }) => [Comment, Size]),
    [
      ['', 0],
      ['layer of a removed image', 3],
    ],
  );
  await store.removeImage('kept', nobody);
  await store.snapshots.remove(BOX);
  assert.equal(existsSync(mount.lower[0]!), false);
});

test('removeImage() keeps parents that others need and prunes those that nobody does', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  const base = await importOne(fixture, 'base', 'base');
  await store.snapshots.prepare(BOX, store.images.resolve('base'));
  const child = await store.commit(BOX, { reference: 'child', config: {} });
  await store.snapshots.remove(BOX);
  await assert.rejects(store.removeImage(base.slice(7, 19), nobody, { force: true }), {
    message: `conflict: unable to delete ${base.slice(7, 19)} (cannot be forced) - image has dependent child images`,
  });
  assert.deepEqual(await store.removeImage('base', nobody), [{ Untagged: 'base:latest' }]);
  const items = await store.removeImage('child', nobody);
  assert.deepEqual(items.slice(0, 3), [{ Untagged: 'child:latest' }, { Deleted: child }, { Deleted: base }]);
  assert.deepEqual(store.images.table.all(), []);
});

test('listImages() filters and sorts as docker does', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  const first = await importOne(fixture, 'one:1', 'one');
  writeTree(fixture.scratch, { file: 'two' });
  const second = await store.importRootfs(streamOf(tarOf(fixture.scratch)), {
    reference: 'registry.example/group/two',
    changes: ['LABEL color=red'],
  });
  const third = await importOne(fixture, undefined, 'three');
  const ids = (filters: Record<string, string[]>) => store.listImages({ filters }).map(({ Id }) => Id);
  assert.deepEqual(new Set(store.listImages().map(({ Id }) => Id)), new Set([first, second, third]));
  assert.deepEqual(ids({ dangling: ['true'] }), [third]);
  assert.deepEqual(ids({ label: ['color'] }), [second]);
  assert.deepEqual(ids({ label: ['color=blue'] }), []);
  assert.deepEqual(ids({ reference: ['one'] }), [first]);
  assert.deepEqual(ids({ reference: ['*:1'] }), [first]);
  assert.deepEqual(ids({ reference: ['registry.example/*/*'] }), [second]);
  assert.deepEqual(ids({ before: [first] }), []);
  assert.throws(() => ids({ colour: ['x'] }), { message: "invalid filter 'colour'" });
  const [summary] = store.listImages({ filters: { reference: ['one'] }, sharedSize: true });
  assert.deepEqual(summary?.RepoTags, ['one:1']);
  assert.equal(summary?.Size, 3);
  assert.equal(summary?.SharedSize, 0);
});

test('save() writes what load() and tar read, the same bytes each time', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  const one = await importOne(fixture, 'one:1', 'one');
  store.tagImage('one:1', 'one', '2');
  writeTree(fixture.scratch, { file: 'two' });
  const two = await store.importRootfs(streamOf(gzipSync(tarOf(fixture.scratch))), { reference: 'quay.io/x/two' });
  const archive = await bytesOf(store.save(['one', 'quay.io/x/two']));
  assert.deepEqual(await bytesOf(store.save(['one', 'quay.io/x/two'])), archive);
  const folder = join(fixture.scratch, 'saved');
  mkdirSync(folder);
  execFileSync('tar', ['-C', folder, '-x'], { input: archive });
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  assert.deepEqual(
    manifest.map((item: { RepoTags: string[] }) => item.RepoTags),
    [['one:1', 'one:2'], ['quay.io/x/two:latest']],
  );
  await using other = openFixture('overlay');
  for (const source of [streamOf(archive), folder]) {
    const loaded = await other.store.load(source);
    assert.deepEqual(new Set(loaded.map(({ id }) => id)), new Set([one, two]));
    assert.equal(other.store.images.resolve('one:2').id, one);
  }
  assert.throws(() => store.save(['nope']), { message: 'No such image: nope:latest' });
});

test('inspectImage() and imageHistory() tell what an image is', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  await importOne(fixture, 'base', 'base');
  await store.snapshots.prepare(BOX, store.images.resolve('base'));
  const id = await store.commit(BOX, { reference: 'child', config: { Cmd: ['x'] }, comment: 'c', createdBy: 'sh' });
  const inspect = store.inspectImage('child');
  assert.equal(inspect.Id, id);
  assert.equal(inspect.Comment, 'c');
  assert.deepEqual(inspect.Config?.Cmd, ['x']);
  assert.equal(inspect.RootFS.Layers?.length, 2);
  const history = store.imageHistory('child');
  assert.deepEqual(
    history.map(({ Id, Comment, CreatedBy }) => [Id, Comment, CreatedBy]),
    [
      [id, 'c', 'sh'],
      [store.images.resolve('base').id, '', ''],
    ],
  );
});

test('pruneImages() removes the nameless, or with dangling=false everything unused', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  await importOne(fixture, undefined, 'nameless');
  const used = await importOne(fixture, 'used', 'used');
  await importOne(fixture, 'unused', 'unused');
  const users = (id: string): ImageUser[] => (id === used ? [{ id: BOX, isRunning: false }] : []);
  const first = await store.pruneImages(users);
  assert.equal(first.ImagesDeleted?.length, 2);
  assert.equal(first.SpaceReclaimed, 'nameless'.length);
  await store.pruneImages(users, { dangling: ['false'] });
  assert.deepEqual(
    store.images.table.all().map(({ id }) => id),
    [used],
  );
});
