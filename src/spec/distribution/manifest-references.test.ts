import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OCI_INDEX, OCI_MANIFEST } from '../oci-image/media-types.ts';
import { readManifestFacts } from './manifest-references.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const config = { mediaType: 'application/vnd.example.config', digest: digest('a'), size: 2 };

test('readManifestFacts() gives what a manifest lists and says of itself', () => {
  const foreign = { mediaType: 'x/y', digest: digest('c'), size: 4, urls: ['https://example.test/'] };
  const facts = readManifestFacts(
    bytes({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config,
      layers: [{ mediaType: 'x/y', digest: digest('b'), size: 3 }, foreign],
      subject: { mediaType: OCI_MANIFEST, digest: digest('d'), size: 1 },
      annotations: { k: 'v' },
    }),
    OCI_MANIFEST,
  );
  assert.deepEqual(
    facts.references.map((each) => [each.kind, each.digest[7], each.size, each.isForeign]),
    [
      ['blob', 'a', 2, false],
      ['blob', 'b', 3, false],
      ['blob', 'c', 4, true],
    ],
  );
  assert.equal(facts.subject, digest('d'));
  assert.equal(facts.artifactType, config.mediaType, "the configuration's type where there is no other");
  assert.deepEqual(facts.annotations, { k: 'v' });
});

test('readManifestFacts() leaves documents of unknown types alone', () => {
  assert.deepEqual(readManifestFacts(Buffer.from([0, 1, 2]), 'application/x-thing').references, []);
});

test('readManifestFacts() refuses documents that are two things at once', () => {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
  assert.deepEqual(readManifestFacts(bytes(index), OCI_INDEX).references, []);
  const wrong: readonly (readonly [object, string, RegExp])[] = [
    [index, OCI_MANIFEST, /was sent as .* and calls itself/],
    [{ schemaVersion: 2, config, layers: [], manifests: [] }, OCI_MANIFEST, /members of an image index/],
    [{ ...index, layers: [] }, OCI_INDEX, /members of an image manifest/],
    [{ schemaVersion: 1, config, layers: [] }, OCI_MANIFEST, /schemaVersion is not 2/],
    [{ schemaVersion: 2, config: { ...config, digest: 'sha256:x' }, layers: [] }, OCI_MANIFEST, /is no digest/],
  ];
  for (const [document, type, words] of wrong) assert.throws(() => readManifestFacts(bytes(document), type), words);
});
