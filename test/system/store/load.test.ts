import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openFixture, streamOf } from './fixture.ts';

const ARCHIVES = join(import.meta.dirname, '../../../../shared/data/image-archives');
const hasArchives = existsSync(ARCHIVES);
const skip = hasArchives ? false : 'the sample archives are not beside the repository';

const IMAGE_ARCHIVES = [
  'test-docker-image.tar',
  'test-kaniko-image.tar',
  'test-oci-estargz-image.tar',
  'test-oci-gzip-image.tar',
  'test-oci-uncompressed-image.tar',
  'test-oci-zstd-image.tar',
];

for (const name of IMAGE_ARCHIVES) {
  test(`load() stores the images of ${name}`, { skip }, async () => {
    await using fixture = openFixture('overlay');
    const lines: string[] = [];
    const loaded = await fixture.store.load(createReadStream(join(ARCHIVES, name)), {
      progress: ({ stream }) => void (stream !== undefined && lines.push(stream)),
    });
    assert.ok(loaded.length > 0);
    for (const { id, names } of loaded) {
      assert.equal(fixture.store.images.resolve(id).id, id);
      for (const each of names) assert.equal(fixture.store.images.resolve(each).id, id);
      assert.ok(
        lines.includes(names.length > 0 ? `Loaded image: ${names[0]}\n` : `Loaded image ID: ${id}\n`),
        lines.join(),
      );
      const layers = fixture.store.layers.directories(fixture.store.images.resolve(id).row.topLayer);
      for (const { path } of layers) assert.ok(existsSync(path));
    }
    assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
  });
}

test('load() takes a compressed archive and an unpacked OCI layout folder', { skip }, async () => {
  await using fixture = openFixture('overlay');
  const archive = readFileSync(join(ARCHIVES, 'test-oci-zstd-image.tar'));
  const [first] = await fixture.store.load(streamOf(gzipSync(archive)));
  const folder = join(fixture.scratch, 'layout');
  mkdirSync(folder);
  execFileSync('tar', ['-C', folder, '-x'], { input: archive });
  const [second] = await fixture.store.load(folder);
  assert.deepEqual(second, first);
});

test('load() says that a root filesystem is no image archive', { skip }, async () => {
  await using fixture = openFixture('overlay');
  const rootfs = createReadStream(join(ARCHIVES, 'test-gzip-image.tar'));
  await assert.rejects(fixture.store.load(rootfs), { code: 'archive.no-image' });
  assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
});

test('load() takes images for the platform asked for only, of archives of either form', { skip }, async () => {
  await using fixture = openFixture('overlay');
  for (const [name, own] of [
    ['test-docker-image.tar', 'amd64'],
    ['test-oci-gzip-image.tar', 'arm64'],
  ] as const) {
    const load = (wanted: string) =>
      fixture.store.load(createReadStream(join(ARCHIVES, name)), { platform: { os: 'linux', architecture: wanted } });
    await assert.rejects(load('s390x'), /was found but does not provide the specified platform \(linux\/\w+\)/, name);
    assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
    assert.equal((await load(own)).length, 1, name);
  }
});
