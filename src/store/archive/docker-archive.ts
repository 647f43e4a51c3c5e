import { BerthError } from '#base/errors.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { asArray, asObject, asString, invalidDocument, parseJson } from '#spec/oci-image/json-checks.ts';
import { ARCHIVE_IMAGES_MAX } from '#spec/oci-image/limits.ts';
import { DOCKER_LAYER } from '#spec/oci-image/media-types.ts';
import { toByteText } from '#spec/tar/byte-text.ts';
import { cleanPath } from '#spec/tar/clean-path.ts';
import { type ArchiveImage, readDocument } from './archive-image.ts';
import type { SpooledArchive } from './spooled-archive.ts';

export const DOCKER_MANIFEST_FILE = 'manifest.json';

/** The images that `manifest.json` of a docker-archive lists. */
export function readDockerArchive(archive: SpooledArchive): ArchiveImage[] {
  const what = 'manifest.json';
  const items = asArray(parseJson(readDocument(archive, DOCKER_MANIFEST_FILE), what), what);
  if (items.length > ARCHIVE_IMAGES_MAX) {
    throw invalidDocument(`${what}: ${items.length} images, at most ${ARCHIVE_IMAGES_MAX} are accepted`);
  }
  return items.map((item) => {
    const entry = asObject(item, what);
    const config = readDocument(archive, path(entry['Config'], `${what}: Config`));
    const layers = asArray(entry['Layers'] ?? [], `${what}: Layers`).map((layer) => ({
      member: archive.file(path(layer, `${what}: Layers`)),
      mediaType: DOCKER_LAYER,
    }));
    checkLayerCount(config, layers.length);
    const names = asArray(entry['RepoTags'] ?? [], `${what}: RepoTags`).map((tag) =>
      asString(tag, `${what}: RepoTags`),
    );
    return { config, layers, names };
  });
}

/** @throws invalid with Docker's words when a configuration speaks of another number of layers */
export function checkLayerCount(config: string, count: number): void {
  const expected = parseImageConfig(config).rootfs.diff_ids.length;
  if (expected === count) return;
  const words = `invalid manifest, layers length mismatch: expected ${expected}, got ${count}`;
  throw new BerthError('invalid', 'archive.layer-count', words);
}

function path(value: unknown, what: string): string {
  return cleanPath(toByteText(asString(value, what)));
}
