import { BerthError } from '#base/errors.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { parseJsonObject } from '#spec/oci-image/json-checks.ts';
import { INDEX_DEPTH_MAX } from '#spec/oci-image/limits.ts';
import { type Descriptor, parseIndex, parseManifest } from '#spec/oci-image/manifest.ts';
import { isIndexType, isLayerType, isManifestType } from '#spec/oci-image/media-types.ts';
import { type HostPlatform, hostPlatform, matchesPlatform } from '#spec/platform.ts';
import { type ArchiveImage, readDocument } from './archive-image.ts';
import { checkLayerCount } from './docker-archive.ts';
import type { SpooledArchive, SpooledMember } from './spooled-archive.ts';

export const OCI_LAYOUT_FILE = 'oci-layout';
export const OCI_INDEX_FILE = 'index.json';
const LAYOUT_VERSION = '1.0.0';
const NAME_ANNOTATION = 'io.containerd.image.name';
const REF_ANNOTATION = 'org.opencontainers.image.ref.name';

/**
 * The images of an OCI image layout. Of an image for several platforms the one asked for is taken, else this machine's.
 *
 * @throws invalid for documents that are none and blobs that are not what their digests say; not-found for a platform that
 * no image has
 */
export function readOciLayout(archive: SpooledArchive, platform: HostPlatform | undefined): ArchiveImage[] {
  checkVersion(archive);
  const index = parseIndex(readDocument(archive, OCI_INDEX_FILE));
  const images: ArchiveImage[] = [];
  for (const descriptor of index.manifests) {
    const names = namesOf(descriptor);
    const found = choose(archive, descriptor, platform, 0);
    if (found === undefined) {
      if (index.manifests.length === 1 || isIndexType(descriptor.mediaType)) throw noPlatform(names, platform);
      continue;
    }
    images.push(readImage(archive, found, names));
  }
  if (images.length === 0 && platform !== undefined) throw noPlatform([], platform);
  return images;
}

function checkVersion(archive: SpooledArchive): void {
  if (!archive.has(OCI_LAYOUT_FILE)) return;
  const version = parseJsonObject(readDocument(archive, OCI_LAYOUT_FILE), OCI_LAYOUT_FILE)['imageLayoutVersion'];
  if (version === LAYOUT_VERSION) return;
  const words = `OCI image layout version ${JSON.stringify(version)} is not supported, only ${LAYOUT_VERSION} is`;
  throw new BerthError('unsupported', 'archive.layout-version', words);
}

function namesOf({ annotations = {} }: Descriptor): string[] {
  const full = annotations[NAME_ANNOTATION];
  if (full !== undefined) return [full];
  const reference = annotations[REF_ANNOTATION];
  // A tag alone says nothing about the repository.
  return reference !== undefined && /[:/]/.test(reference) ? [reference] : [];
}

function choose(
  archive: SpooledArchive,
  descriptor: Descriptor,
  platform: HostPlatform | undefined,
  depth: number,
): Descriptor | undefined {
  if (depth > INDEX_DEPTH_MAX) {
    const words = `image index: more than ${INDEX_DEPTH_MAX} indexes inside one another`;
    throw new BerthError('invalid', 'image.index-depth', words);
  }
  if (isIndexType(descriptor.mediaType)) {
    const wanted = platform ?? hostPlatform();
    for (const inner of parseIndex(blobText(archive, descriptor)).manifests) {
      const found = choose(archive, inner, wanted, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isManifestType(descriptor.mediaType)) {
    if (depth > 0) return undefined;
    const words = `image index: media type ${JSON.stringify(descriptor.mediaType)} is no image`;
    throw new BerthError('unsupported', 'image.media-type', words);
  }
  // Not in the archive: layouts may hold a part of what their indexes list.
  if (!archive.has(blobPath(descriptor)) && depth > 0) return undefined;
  if (platform === undefined) return descriptor;
  const own = descriptor.platform ?? platformOfConfig(archive, descriptor);
  return matchesPlatform(own, platform) ? descriptor : undefined;
}

function platformOfConfig(archive: SpooledArchive, descriptor: Descriptor): HostPlatform {
  const config = parseImageConfig(blobText(archive, parseManifest(blobText(archive, descriptor)).config));
  const { os, architecture, variant } = config;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function readImage(archive: SpooledArchive, descriptor: Descriptor, names: readonly string[]): ArchiveImage {
  const manifest = parseManifest(blobText(archive, descriptor));
  const config = blobText(archive, manifest.config);
  const layers = manifest.layers.map((layer) => {
    if (!isLayerType(layer.mediaType)) {
      const words = `image manifest: layer of media type ${JSON.stringify(layer.mediaType)} is not supported`;
      throw new BerthError('unsupported', 'image.media-type', words);
    }
    return { member: blob(archive, layer), mediaType: layer.mediaType };
  });
  checkLayerCount(config, layers.length);
  return { config, layers, names };
}

function blobPath({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** A blob of the layout, its digest and size verified. */
function blob(archive: SpooledArchive, descriptor: Descriptor): SpooledMember & { readonly file: string } {
  const member = archive.file(blobPath(descriptor));
  if (member.digest !== descriptor.digest) {
    const words = `blob ${descriptor.digest} of the archive is damaged: its digest is ${member.digest}`;
    throw new BerthError('invalid', 'blob.digest', words);
  }
  if (member.size !== descriptor.size) {
    const words = `blob ${descriptor.digest} of the archive has ${member.size} bytes, its descriptor says ${descriptor.size}`;
    throw new BerthError('invalid', 'blob.size', words);
  }
  return member;
}

function blobText(archive: SpooledArchive, descriptor: Descriptor): string {
  blob(archive, descriptor);
  return readDocument(archive, blobPath(descriptor));
}

/** An archive without an image for a platform. */
export function noPlatform(names: readonly string[], platform: HostPlatform | undefined): BerthError {
  const { os, architecture, variant } = platform ?? hostPlatform();
  const wanted = [os, architecture, variant].filter((part) => part !== undefined).join('/');
  const subject = names[0] === undefined ? 'image' : `image with reference ${names[0]}`;
  const words = `${subject} was found but does not provide the specified platform (${wanted})`;
  return new BerthError('not-found', 'image.platform', words);
}
