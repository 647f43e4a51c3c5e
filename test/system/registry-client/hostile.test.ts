import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { openClientFixture, visibleIn } from './client-fixture.ts';
import { CONFIG, type Descriptor, type FakeImage, type FakeRegistry, INDEX } from './fake-registry.ts';

/** What a registry holds under `bad:latest`, and what is said about it. */
const cases: Readonly<
  Record<string, { readonly put: (registry: FakeRegistry, image: FakeImage) => void; readonly message: RegExp }>
> = {
  'more than 500 layers': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', {
        ...document,
        layers: Array.from({ length: 501 }, () => document.layers[0]),
      }),
    message: /501 layers, at most 500 are accepted/,
  },
  'another number of layers than its configuration': {
    put: (registry, { document }) => registry.addManifest('bad', 'latest', { ...document, layers: [] }),
    message: /layers length mismatch: expected 1, got 0/,
  },
  'a manifest of 5 MiB': {
    put: (registry) => registry.addManifest('bad', 'latest', Buffer.alloc(5 * 1024 * 1024, ' ')),
    message: /larger than the 4194304 bytes/,
  },
  'a configuration of a gigabyte': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', {
        ...document,
        config: { ...document.config, digest: `sha256:${'a'.repeat(64)}`, size: 2 ** 30 },
      }),
    message: /1073741824 bytes, at most 4194304 are accepted/,
  },
  'a layer of a negative size': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', { ...document, layers: [{ ...document.layers[0], size: -1 }] }),
    message: /not a size/,
  },
  'a digest that leads out of the store': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', {
        ...document,
        layers: [{ ...document.layers[0], digest: 'sha256:../../etc/passwd' }],
      }),
    message: /no sha256 digest/,
  },
  'indexes in indexes in indexes': {
    put: (registry, { manifest }) => {
      let inner: Descriptor = manifest;
      for (let i = 0; i < 7; i++)
        inner = registry.addManifest(
          'bad',
          'latest',
          { schemaVersion: 2, mediaType: INDEX, manifests: [inner] },
          INDEX,
        );
    },
    message: /more than 4 indexes inside one another/,
  },
  'an index of more than 1000 entries': {
    put: (registry, { manifest }) =>
      registry.addManifest(
        'bad',
        'latest',
        { schemaVersion: 2, mediaType: INDEX, manifests: Array.from({ length: 1001 }, () => manifest) },
        INDEX,
      ),
    message: /1001 manifests, at most 1000 are accepted/,
  },
  'an index that lies about the size of a manifest': {
    put: (registry, { document }) => {
      const { size, ...manifest } = registry.addManifest('bad', undefined, document);
      const manifests = [{ ...manifest, size: size + 1 }];
      registry.addManifest('bad', 'latest', { schemaVersion: 2, mediaType: INDEX, manifests }, INDEX);
    },
    message: /manifest sha256:.* should have \d+ bytes, the registry sent \d+/,
  },
  'a layer that is larger than its manifest says': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', {
        ...document,
        layers: [{ ...document.layers[0]!, size: document.layers[0]!.size - 1 }],
      }),
    message: /should have \d+ bytes, the registry sent more/,
  },
  'a configuration that is larger than its manifest says': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', {
        ...document,
        config: { ...document.config, size: document.config.size - 1 },
      }),
    message: /should have \d+ bytes, the registry sent more/,
  },
  'a foreign layer': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', {
        ...document,
        layers: [{ ...document.layers[0], mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' }],
      }),
    message: /is a foreign layer \(application\/vnd\.docker\.image\.rootfs\.foreign/,
  },
  'a layer of an unknown kind': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', { ...document, layers: [{ ...document.layers[0], mediaType: 'text/x' }] }),
    message: /unsupported media type text\/x/,
  },
  'an artifact': {
    put: (registry, { document }) =>
      registry.addManifest('bad', 'latest', {
        ...document,
        config: { ...document.config, mediaType: 'application/vnd.cncf.helm.config.v1+json' },
      }),
    message: /helm.*no image of a container but an artifact/,
  },
  'schema 1': {
    put: (registry) =>
      registry.addManifest(
        'bad',
        'latest',
        { schemaVersion: 1, name: 'bad' },
        'application/vnd.docker.distribution.manifest.v1+prettyjws',
      ),
    message: /manifest\.v1\+prettyjws: support for Docker Image manifest version 2, schema 1 has been removed/,
  },
  'no JSON': {
    put: (registry) => registry.addManifest('bad', 'latest', Buffer.from('<html>')),
    message: /not valid JSON/,
  },
  'no image for this platform': {
    put: (registry, { manifest }) =>
      registry.addManifest(
        'bad',
        'latest',
        { schemaVersion: 2, manifests: [{ ...manifest, platform: { os: 'plan9', architecture: 'sparc' } }] },
        INDEX,
      ),
    message: /no matching manifest for linux\/.* in the manifest list entries/,
  },
  'a configuration that is none': {
    put: (registry, { document }) => {
      const bytes = Buffer.from('{"rootfs": 7}');
      registry.addManifest('bad', 'latest', {
        ...document,
        config: { mediaType: CONFIG, digest: registry.addBlob(bytes), size: bytes.length },
      });
    },
    message: /rootfs: not an object/,
  },
};

for (const [name, { put, message }] of Object.entries(cases)) {
  test(`pull: an image with ${name} is refused, and nothing is left`, async () => {
    await using fixture = await openClientFixture();
    const { registry, pull, store } = fixture;
    put(registry, registry.addImage('good', 'latest', [100]));
    await assert.rejects(pull('bad'), (error) => {
      assert.ok(isBerthError(error), String(error));
      assert.match(error.message, message);
      return true;
    });
    await store.store.collectGarbage();
    assert.deepEqual(visibleIn(store), { images: 0, layers: [], blobs: [], downloads: [] });
  });
}

test('pull: a registry that sends another manifest than the digest asked for is not believed', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { manifest } = registry.addImage('good', 'latest', [100]);
  const other = registry.addImage('good', 'other', [100]);
  registry.manifests.set(`good@${manifest.digest}`, registry.manifests.get(`good@${other.manifest.digest}`)!);
  const reference = `${registry.host}/good@${manifest.digest}`;
  await assert.rejects(pull('', { reference }), /manifest verification failed for digest/);
  assert.equal(await pull('', { reference: `${registry.host}/good@${other.manifest.digest}` }), other.id);
});

test('pull: of an index the image that fits best is taken, through nested indexes too', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const entries = ['amd64', 'arm64', 'arm'].map((architecture) => ({
    architecture,
    ...registry.addImage('multi', undefined, [100], { architecture }),
  }));
  const entry = (architecture: string, variant?: string) => ({
    ...entries.find((one) => one.architecture === architecture)!.manifest,
    platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
  });
  const inner = registry.addManifest(
    'multi',
    undefined,
    { schemaVersion: 2, mediaType: INDEX, manifests: [entry('arm64', 'v8')] },
    INDEX,
  );
  const manifests = [entry('arm', 'v7'), { ...inner }, entry('amd64')];
  const top = registry.addManifest('multi', 'latest', { schemaVersion: 2, mediaType: INDEX, manifests }, INDEX);
  const idOf = (architecture: string) => entries.find((one) => one.architecture === architecture)!.id;
  assert.equal(await pull('multi', { platform: { os: 'linux', architecture: 'amd64' } }), idOf('amd64'));
  assert.equal(await pull('multi', { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }), idOf('arm64'));
  assert.equal(await pull('multi', { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }), idOf('arm'));
  const kept = store.store.images.manifestsOf(idOf('arm64')).map(({ digest }) => digest);
  assert.ok(kept.includes(top.digest) && kept.includes(inner.digest), kept.join());
});
