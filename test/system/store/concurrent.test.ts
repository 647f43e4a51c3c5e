import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildLayout, buildTar } from './archive-builder.ts';
import { openFixture, streamOf, tarOf, writeTree } from './fixture.ts';

test('several processes may import, commit, remove and collect at once', async () => {
  await using fixture = openFixture('overlay');
  const { store, root } = fixture;
  writeTree(fixture.scratch, { 'tree/a': 'a', 'tree/d/b': 'b' });
  const tar = join(fixture.scratch, 'layer.tar');
  writeFileSync(tar, tarOf(join(fixture.scratch, 'tree')));
  const program = join(import.meta.dirname, 'store-life.ts');
  const exits = Array.from({ length: 4 }, async (_, i) => {
    const child = spawn(process.execPath, [program, root, tar, String(i).repeat(64), `child${i}`], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    return code;
  });
  const collecting = (async () => {
    for (let i = 0; i < 20; i++) await store.collectGarbage();
  })();
  assert.deepEqual(await Promise.all(exits), [0, 0, 0, 0]);
  await collecting;
  // Each import took the name from the one before.
  await store.pruneImages(() => []);
  assert.deepEqual(
    store.listImages().map(({ RepoTags }) => RepoTags),
    [['base:latest']],
  );
  await store.collectGarbage();
  assert.deepEqual(await store.check(false), []);
  assert.equal(readdirSync(join(root, 'layers/overlay')).length, 1);
});

test('two openings of a root unpack a layer once and agree', async () => {
  await using fixture = openFixture('overlay');
  const other = fixture.reopen();
  const archive = buildLayout({
    layers: Array.from({ length: 6 }, (_, i) => buildTar([{ path: `f${i}`, content: `${i}` }])),
  });
  const [one, two] = await Promise.all([fixture.store.load(streamOf(archive)), other.load(streamOf(archive))]);
  assert.deepEqual(one, two);
  assert.equal(readdirSync(join(fixture.root, 'layers/overlay')).length, 6);
  assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
});

test('an image of very many layers can be loaded, mounted and committed', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  const layers = Array.from({ length: 200 }, (_, i) => buildTar([{ path: `f${i}`, content: `${i}` }]));
  const [loaded] = await store.load(streamOf(buildLayout({ layers })));
  const box = 'b'.repeat(64);
  await store.snapshots.prepare(box, store.images.resolve(loaded!.id));
  {
    using root = await store.trees.openRootfs(store.snapshots.mountOf(box), true);
    assert.equal(readdirSync(`/proc/self/fd/${root.fd}/`).length, 200);
    writeFileSync(`/proc/self/fd/${root.fd}/new`, 'n');
  }
  assert.deepEqual(await store.changes(box), [{ Kind: 1, Path: '/new' }]);
  const id = await store.commit(box, { config: {} });
  assert.equal(store.images.resolve(id).config.rootfs.diff_ids.length, 201);
});
