import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openDistribution } from '#distribution/open-distribution.ts';
import { parseReference } from '#spec/reference.ts';
import type { FetchLostBlob } from '#store/restore-blob.ts';
import { openClientFixture } from './client-fixture.ts';

test('fsck fetches what is damaged or missing from the registry that the image came from', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const { id, manifest, layers } = registry.addImage('lost', 'latest', [1000, 2000]);
  await pull('lost');
  const { content, check } = store.store;
  const [first, second] = layers;
  writeFileSync(content.pathOf(first!.digest), 'damaged');
  rmSync(content.pathOf(second!.digest));
  writeFileSync(content.pathOf(manifest.digest), '{}');
  const lower = store.store.layers.directories(store.store.images.resolve(id).row.topLayer)[1]!.path;
  rmSync(lower, { recursive: true });
  const asked: string[] = [];
  const distribution = openDistribution({ store: store.store, env: {}, userAgent: 'berth-test' });
  const fetch: FetchLostBlob = async (blob) => {
    asked.push(...blob.repositories);
    const signal = new AbortController().signal;
    await distribution.fetchLostBlob(parseReference(blob.repositories[0]!), blob, { signal });
  };
  const found = await check(true, fetch);
  assert.deepEqual(found.map(({ code, isRepaired }) => `${code} ${isRepaired}`).sort(), [
    'blob.damaged true',
    'blob.damaged true',
    'blob.missing true',
    'layer.missing true',
  ]);
  assert.deepEqual(asked, Array(3).fill(`${registry.host}/lost`));
  assert.deepEqual(await check(false), []);

  // A registry that has something else under its name, and a directory that is as it was: the archive is made of that.
  writeFileSync(content.pathOf(second!.digest), 'damaged');
  registry.blobs.set(second!.digest, Buffer.alloc(registry.blobs.get(second!.digest)!.length));
  assert.deepEqual(
    (await check(true, fetch)).map(({ isRepaired }) => isRepaired),
    [true],
  );
  assert.deepEqual(await check(false), []);

  // Neither of both: it stays lost, and a pull brings it back.
  writeFileSync(content.pathOf(first!.digest), 'damaged');
  writeFileSync(`${lower}/file-0`, 'damaged');
  const bytes = registry.blobs.get(first!.digest)!;
  registry.blobs.set(first!.digest, Buffer.alloc(bytes.length));
  const [lost] = await check(true, fetch);
  assert.equal(lost?.isRepaired, false);
  assert.match(lost?.message ?? '', /cannot be made again: .*should have|verification failed for digest/);
  registry.blobs.set(first!.digest, bytes);
  await pull('lost');
  assert.deepEqual(
    (await check(true)).map(({ code, isRepaired }) => [code, isRepaired]),
    [['layer.damaged', true]],
  );
  assert.deepEqual(await check(false), []);
});
