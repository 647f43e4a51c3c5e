import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManifestSummary } from '#spec/docker-api/image-manifests.ts';
import type { ImageSummary } from '#spec/docker-api/images.ts';
import { imageTree } from './image-tree.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

function manifest(letter: string, architecture: string, content: number, users: readonly string[]): ManifestSummary {
  return {
    ID: digest(letter),
    Descriptor: { mediaType: 'x', digest: digest(letter), size: 1 },
    Available: content > 0,
    Size: { Content: content, Total: content * 3 },
    Kind: 'image',
    ImageData: {
      Platform: { os: 'linux', architecture },
      Containers: users,
      Size: { Unpacked: content * 2 },
      UnpackedSize: content * 2,
    },
  };
}

function image(letter: string, names: readonly string[], created: number, manifests: readonly ManifestSummary[]) {
  const more = { ParentId: '', RepoDigests: [], SharedSize: -1, Labels: null, Containers: 0 };
  return { ...more, Id: digest(letter), RepoTags: names, Created: created, Size: 303_000, Manifests: manifests };
}

const attestation: ManifestSummary = { ...manifest('d', 'unknown', 5, []), Kind: 'attestation' };
const IMAGES: readonly ImageSummary[] = [
  image('a', ['tool:1', 'tool:latest'], 1, [
    manifest('b', 'amd64', 101_000, ['c1']),
    manifest('c', 'arm64', 0, []),
    attestation,
  ]),
  image('e', [], 2, [manifest('f', 'amd64', 7, [])]),
];

test('imageTree() draws platforms below names as docker 28.2.2 does in a pipe', () => {
  const expected = `WARNING: This is an experimental feature. The output may change and shouldn't be depended on.
                                                              Info ->  U In Use${' '}

IMAGE            ID             DISK USAGE   CONTENT SIZE   EXTRA
tool:latest
tool:1           aaaaaaaaaaaa        303kB          101kB   U${'    '}
├─ linux/amd64   bbbbbbbbbbbb        303kB          101kB   U${'    '}
└─ linux/arm64   cccccccccccc           0B             0B${'        '}

`;
  assert.equal(imageTree(IMAGES, { width: 80, hasColours: false }, false), expected);
});

test('imageTree() leaves columns out and cuts names on narrow terminals, and has colours there', () => {
  const text = imageTree(IMAGES, { width: 30, hasColours: true }, true);
  const [, , , head, first] = text.split('\n');
  assert.equal(head, `\x1b[39m\x1b[1mIMAGE\x1b[0m${' '.repeat(12)}\x1b[39m\x1b[1mID\x1b[0m${' '.repeat(10)}`);
  assert.equal(first, `\x1b[39m\x1b[2m<untagged>\x1b[0m${' '.repeat(7)}\x1b[39meeeeeeeeeeee\x1b[0m`);
});
