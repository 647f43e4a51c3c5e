import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { buildLayout, buildTar } from './archive-builder.ts';
import { type Fixture, openFixture, streamOf } from './fixture.ts';

const LARGE = buildTar([{ path: 'large', content: Buffer.alloc(20_000_000, 1) }]);

function leases(fixture: Fixture): number {
  return fixture.db.prepare('SELECT id FROM leases').all().length;
}

/** The first part of some bytes, then a failure. */
function broken(bytes: Buffer): Readable {
  return Readable.from(
    (async function* () {
      yield bytes.subarray(0, 100_000);
      yield bytes.subarray(100_000, 300_000);
      throw new Error('the line went dead');
    })(),
    { objectMode: false },
  );
}

test('load() and importRootfs() fail as their source does, and leave nothing', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  await assert.rejects(store.load(broken(buildLayout({ layers: [LARGE] }))), { message: 'the line went dead' });
  await assert.rejects(store.importRootfs(broken(LARGE), {}), { message: 'the line went dead' });
  assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
  assert.equal(leases(fixture), 0);
});

test('unpack() into a container fails as its source does', async () => {
  await using fixture = openFixture('overlay');
  const { trees } = fixture.store;
  using root = trees.openDirectory(fixture.scratch);
  const job = { root: root.fd, directory: '', shownDirectory: '/', keepKinds: false, owner: undefined };
  await assert.rejects(trees.unpack(job, broken(LARGE)), { message: 'the line went dead' });
});

test('save() and pack() end when their reader leaves early', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  await store.importRootfs(streamOf(LARGE), { reference: 'large' });
  const saved = store.save(['large']);
  for await (const chunk of saved) {
    assert.ok((chunk as Buffer).length > 0);
    break;
  }
  assert.equal(saved.destroyed, true);
  const box = 'b'.repeat(64);
  await store.snapshots.prepare(box, store.images.resolve('large'));
  using root = await store.trees.openRootfs(store.snapshots.mountOf(box), false);
  for await (const chunk of store.trees.pack({ root: root.fd, directory: '', member: undefined, name: '' })) {
    assert.ok((chunk as Buffer).length > 0);
    break;
  }
  // The threads are free again: a job of theirs answers.
  assert.equal((await store.diskUsage()).total > 20_000_000, true);
  assert.equal(leases(fixture), 0);
});

test('load() takes an archive in pieces of any size', async () => {
  await using fixture = openFixture('overlay');
  const archive = buildLayout({ layers: [buildTar([{ path: 'x', content: 'x'.repeat(3000) }])] });
  const ids = new Set<string>();
  for (const size of [7, 512, 100_000]) {
    const pieces = function* () {
      for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size);
    };
    const [loaded] = await fixture.store.load(Readable.from(pieces(), { objectMode: false }));
    ids.add(loaded!.id);
  }
  assert.equal(ids.size, 1);
});
