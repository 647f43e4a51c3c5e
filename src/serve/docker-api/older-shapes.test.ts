import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageInspect, ImageSummary } from '#spec/docker-api/images.ts';
import { imageFor, imagesFor, isBefore } from './older-shapes.ts';

test('isBefore() compares versions as numbers', () => {
  assert.deepEqual([isBefore('1.9', '1.24'), isBefore('1.44', '1.44'), isBefore('1.50', '1.44')], [true, false, false]);
});

test('imagesFor() gives old clients the second size, and older ones names for what has none', () => {
  const image = { Id: 'a', RepoTags: [], RepoDigests: [], Size: 3 } as unknown as ImageSummary;
  assert.deepEqual(imagesFor('1.44', [image]), [image]);
  assert.deepEqual(imagesFor('1.43', [image]), [{ ...image, VirtualSize: 3 }]);
  const named = { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] };
  assert.deepEqual(imagesFor('1.42', [image]), [{ ...image, ...named, VirtualSize: 3 }]);
});

test('imageFor() says of which container an image was made, as long as clients read it', () => {
  const image = { Id: 'a', Size: 3, Created: 'x' } as unknown as ImageInspect;
  assert.equal(imageFor('1.45', image), image);
  assert.deepEqual(imageFor('1.44', image), { ...image, Container: '', ContainerConfig: null });
  const oldest = { ...image, Container: '', ContainerConfig: null, VirtualSize: 3 };
  assert.deepEqual(imageFor('1.24', image), oldest);
});
