import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFixture, streamOf, tarOf, writeTree } from './fixture.ts';

const BOX = 'b'.repeat(64);

test('check() finds nothing wrong with a store at work', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  writeTree(fixture.scratch, { a: 'a', 'd/b': 'b' });
  await store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference: 'base' });
  await store.snapshots.prepare(BOX, store.images.resolve('base'));
  {
    using root = await store.trees.openRootfs(store.snapshots.mountOf(BOX), true);
    rmSync(`/proc/self/fd/${root.fd}/a`);
    rmSync(`/proc/self/fd/${root.fd}/d`, { recursive: true });
    mkdirSync(`/proc/self/fd/${root.fd}/d`);
  }
  await store.commit(BOX, { reference: 'child', config: {} });
  assert.deepEqual(await store.check(false), []);
});

test('check() finds damage and repairs what can be made again', async () => {
  await using fixture = openFixture('overlay');
  const { store, root } = fixture;
  writeTree(fixture.scratch, { a: 'a', 'd/b': 'b' });
  const id = await store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference: 'base' });
  const chain = store.images.resolve('base').row.topLayer!;
  const layer = store.layers.directories(chain)[0]!.path;
  writeFileSync(join(layer, 'a'), 'changed');
  rmSync(store.content.pathOf(id));
  writeFileSync(join(root, 'blobs/sha256', 'f'.repeat(64)), 'orphan');
  mkdirSync(join(root, 'layers/overlay', 'e'.repeat(64), 'x'), { recursive: true });
  mkdirSync(join(root, 'tmp/unfinished.1'), { recursive: true });
  const codes = ['blob.missing', 'layer.damaged', 'file.orphaned', 'file.orphaned', 'file.unfinished'];
  const found = await store.check(false);
  assert.deepEqual(
    found.map(({ code, isRepaired }) => [code, isRepaired]),
    codes.map((code) => [code, false]),
  );
  assert.ok(found[1]!.message.includes('"/a" is changed'), found[1]!.message);
  assert.ok((await store.check(true)).every(({ isRepaired }) => isRepaired));
  assert.deepEqual(await store.check(false), []);
  rmSync(layer, { recursive: true });
  assert.deepEqual(
    (await store.check(true)).map(({ code, isRepaired }) => [code, isRepaired]),
    [['layer.missing', true]],
  );
  assert.deepEqual(await store.check(false), []);
});

test('check() makes the archive of a committed layer again, and says what it cannot make', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  writeTree(fixture.scratch, { a: 'a', 'd/b': 'b' });
  const archive = tarOf(fixture.scratch);
  await store.importRootfs(streamOf(Buffer.from(archive)), { reference: 'base' });
  await store.snapshots.prepare(BOX, store.images.resolve('base'));
  {
    using root = await store.trees.openRootfs(store.snapshots.mountOf(BOX), true);
    rmSync(`/proc/self/fd/${root.fd}/a`);
    rmSync(`/proc/self/fd/${root.fd}/d`, { recursive: true });
    mkdirSync(`/proc/self/fd/${root.fd}/d`);
    writeFileSync(`/proc/self/fd/${root.fd}/d/new`, 'new');
  }
  await store.commit(BOX, { reference: 'child', config: {} });
  const [top, base] = store.layers.table.chain(store.images.resolve('child').row.topLayer);
  writeFileSync(store.content.pathOf(top!.blob), 'damaged');
  const repaired = await store.check(true);
  assert.deepEqual(
    repaired.map(({ code, subject, isRepaired }) => [code, subject, isRepaired]),
    [['blob.damaged', top!.blob, true]],
  );
  assert.deepEqual(await store.check(false), []);
  truncateSync(store.content.pathOf(base!.blob), 100);
  const [lost] = await store.check(true);
  assert.equal(lost?.isRepaired, false);
  assert.match(lost?.message ?? '', /cannot be made again: its archive was not made here/);
  assert.equal((await store.check(true))[0]?.code, 'blob.missing');
  // The same archive once more brings it back.
  await store.importRootfs(streamOf(Buffer.from(archive)), { reference: 'base' });
  assert.deepEqual(await store.check(false), []);
});

test('diskUsage() accounts for every byte that du finds', async () => {
  await using fixture = openFixture('overlay');
  const { store, root } = fixture;
  writeTree(fixture.scratch, { a: 'a'.repeat(100_000), 'd/b': 'b' });
  await store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference: 'base' });
  const mount = await store.snapshots.prepare(BOX, store.images.resolve('base'));
  assert.ok(mount.type === 'overlay');
  writeFileSync(join(mount.upper, 'log'), 'x'.repeat(50_000));
  const usage = await store.diskUsage();
  const du = spawnSync('du', ['-s', '-B1', root], { encoding: 'utf8' });
  assert.equal(usage.total, Number(du.stdout.split('\t')[0]));
  assert.ok(usage.layers >= 100_000 && usage.blobs >= 100_000 && usage.containers[BOX]! >= 50_000);
});

const POINTS = [
  'layer.unpacked',
  'blob.before-rename',
  'blob.after-rename',
  'blob.kept',
  'blob.kept:2',
  'layer.renamed',
  'layer.committed',
  'snapshot.row',
  'snapshot.prepared',
  'layer.renamed:2',
  'snapshot.moved',
  'gc.marked',
  'gc.swept',
];

for (const point of POINTS) {
  test(`the store is whole after a kill at ${point}`, async () => {
    await using fixture = openFixture('overlay');
    const { store, root } = fixture;
    writeTree(fixture.scratch, { 'tree/a': 'a', 'tree/d/b': 'b' });
    const tar = join(fixture.scratch, 'layer.tar');
    writeFileSync(tar, tarOf(join(fixture.scratch, 'tree')));
    const killed = spawnSync(process.execPath, [join(import.meta.dirname, 'store-life.ts'), root, tar, BOX], {
      env: { ...process.env, BERTH_FAULT: point },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    assert.equal(killed.signal, 'SIGKILL');
    await store.collectGarbage();
    const left = (await store.check(false)).filter(({ code }) => code !== 'snapshot.missing');
    assert.deepEqual(left, []);
    // Whoever comes next can do it all again.
    await store.snapshots.remove(BOX);
    await store.importRootfs(streamOf(tarOf(join(fixture.scratch, 'tree'))), { reference: 'base' });
    await store.snapshots.prepare(BOX, store.images.resolve('base'));
    await store.snapshots.remove(BOX);
    await store.pruneImages(() => [], { dangling: ['false'] });
    await store.collectGarbage();
    assert.deepEqual(await store.check(false), []);
    assert.deepEqual(readdirSync(join(root, 'layers/overlay')), []);
    assert.deepEqual(readdirSync(join(root, 'blobs/sha256')), []);
    assert.ok(!existsSync(join(root, 'tmp')) || readdirSync(join(root, 'tmp')).length === 0);
  });
}
