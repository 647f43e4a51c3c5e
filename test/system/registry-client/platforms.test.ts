import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDistribution } from '#distribution/open-distribution.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { hostPlatform } from '#spec/platform.ts';
import { parseReference } from '#spec/reference.ts';
import { openClientFixture } from './client-fixture.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { type FakeRegistry, INDEX, sha256 } from './fake-registry.ts';

const HOST = hostPlatform();
const OTHER =
  HOST.architecture === 'amd64' ? { os: 'linux', architecture: 's390x' } : { os: 'linux', architecture: 'amd64' };

function putIndex(registry: FakeRegistry) {
  const own = registry.addImage('multi', undefined, [100], { architecture: HOST.architecture });
  const other = registry.addImage('multi', undefined, [100], { architecture: OTHER.architecture });
  const manifests = [
    { ...own.manifest, platform: HOST },
    { ...other.manifest, platform: OTHER },
  ];
  registry.addManifest('multi', 'latest', { schemaVersion: 2, mediaType: INDEX, manifests }, INDEX);
  return { own: own.id, other: other.id };
}

test('pull: a tag keeps images for several platforms, and leads to the one for this machine', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const { images } = store.store;
  const name = `${registry.host}/multi`;
  const { own, other } = putIndex(registry);
  await pull('multi', { platform: OTHER });
  assert.equal(images.resolve(name).id, other, 'there is no better one');
  await pull('multi');
  await pull('multi', { platform: OTHER });
  assert.equal(images.resolve(name).id, own);
  assert.equal(images.resolve(name, OTHER).id, other);
  assert.equal(images.resolve(name, HOST).id, own);
  assert.deepEqual(
    store.store.listImages().map(({ Id }) => Id),
    [own],
  );
  assert.deepEqual((await store.store.pruneImages(() => [])).ImagesDeleted, null);
  assert.equal(images.resolve(name, OTHER).id, other);
  const removed = (await store.store.removeImage(name, () => [])).flatMap(({ Deleted }) => Deleted ?? []);
  assert.ok(removed.includes(own) && removed.includes(other), removed.join());
  assert.deepEqual(images.table.all(), []);
  assert.deepEqual(await store.store.check(false), []);
});

test('pull: a tag that has moved on stands for the new images only', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const { images } = store.store;
  const name = `${registry.host}/multi`;
  const before = putIndex(registry);
  await pull('multi', { platform: OTHER });
  await pull('multi');
  const after = putIndex(registry);
  await pull('multi');
  assert.equal(images.resolve(name).id, after.own);
  assert.equal(images.resolve(name, OTHER).id, after.own, 'the other one is not here');
  await pull('multi', { platform: OTHER });
  assert.equal(images.resolve(name, OTHER).id, after.other);
  assert.notEqual(before.other, after.other);
  store.store.tagImage(before.own, name);
  assert.equal(images.resolve(name, OTHER).id, before.own, 'a name given by hand stands for one image');
});

test('what is behind a tag is listed by platform, and can be removed by platform', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const { images, removePlatforms, manifestsBehind } = store.store;
  const name = `${registry.host}/multi`;
  const { own, other } = putIndex(registry);
  await pull('multi');
  const before = manifestsBehind(own, () => [{ id: 'user', isRunning: false }]);
  assert.deepEqual(
    before.Manifests.map((one) => [one.Available, one.Kind, one.ImageData?.Platform, one.ImageData?.Containers]),
    [
      [true, 'image', HOST, ['user']],
      [false, 'image', OTHER, []],
    ],
  );
  assert.equal(before.Descriptor.mediaType, INDEX);
  assert.equal(before.Manifests[1]!.Size.Total, 0);
  await pull('multi', { platform: OTHER });
  const both = manifestsBehind(own, () => []);
  assert.ok(both.Manifests.every(({ Available }) => Available));
  const parts = both.Manifests.reduce((sum, { Size }) => sum + Size.Total, both.Descriptor.size);
  assert.equal(both.total, parts);
  const used = [{ id: 'c'.repeat(64), isRunning: false }];
  const remove = (platform: typeof OTHER, users: typeof used, force = false) =>
    removePlatforms(name, [platform], () => users, force);
  await assert.rejects(remove(HOST, used), /must be forced\) - image is being used by stopped container cccccccccccc$/);
  await assert.rejects(remove({ os: 'linux', architecture: 'riscv64' }, []), /does not provide the specified platform/);
  const first = await remove(HOST, []);
  assert.deepEqual(first[0], { Deleted: own });
  assert.equal(images.resolve(name).id, other, 'the name leads to what is left');
  const last = await remove(OTHER, used, true);
  assert.deepEqual(
    last
      .slice(0, 1)
      .concat(last.at(-2)!)
      .map((item) => item.Untagged ?? item.Deleted),
    [`${name}:latest`, other],
  );
  assert.deepEqual(await store.store.check(false), []);
});

test('push: an index goes as it came when the registry has all of it then, else the image for this machine', async () => {
  await using fixture = await openClientFixture();
  await using docker = await startDockerRegistry(join(fixture.store.scratch, 'registry'));
  const { registry, pull, store } = fixture;
  const { own } = putIndex(registry);
  await pull('multi');
  store.store.tagImage(`${registry.host}/multi`, `${docker.host}/multi`, 'part');
  const distribution = openDistribution({ store: store.store, env: {}, userAgent: 'berth-test' });
  const push = async (tag: string) => {
    const messages: ProgressMessage[] = [];
    const report = (message: ProgressMessage) => void messages.push(message);
    const { signal } = new AbortController();
    const pushed = await distribution.push(parseReference(`${docker.host}/multi:${tag}`), { signal, report });
    return {
      ...pushed,
      notes: messages.flatMap(({ aux }) => (aux as { originalIndex?: object })?.originalIndex ?? []),
    };
  };
  const index = sha256(registry.manifests.get('multi:latest')!.bytes);
  const part = await push('part');
  assert.deepEqual([part.id, part.notes.length], [own, 1]);
  assert.notEqual(part.digest, index);
  await pull('multi', { platform: OTHER });
  // The other tag of it knows nothing of what came later.
  store.store.tagImage(`${registry.host}/multi`, `${docker.host}/multi`, 'whole');
  const whole = await push('whole');
  assert.deepEqual([whole.id, whole.digest, whole.notes], [own, index, []]);
  const got = await fetch(`http://${docker.host}/v2/multi/manifests/whole`, { headers: { accept: INDEX } });
  assert.equal(got.headers.get('docker-content-digest'), index);
  assert.ok(
    store.store.inspectImage(`${docker.host}/multi:whole`).RepoDigests.includes(`${docker.host}/multi@${index}`),
  );
  assert.deepEqual(await store.store.check(false), []);
});
