import { createHash } from 'node:crypto';
import { BerthError } from '#base/errors.ts';
import { parseJsonObject } from '#spec/oci-image/json-checks.ts';
import { INDEX_DEPTH_MAX } from '#spec/oci-image/limits.ts';
import { type Descriptor, type Manifest, parseIndex, parseManifest } from '#spec/oci-image/manifest.ts';
import {
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  isIndexType,
  isManifestType,
  OCI_INDEX,
  OCI_MANIFEST,
} from '#spec/oci-image/media-types.ts';
import type { HostPlatform } from '#spec/platform.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { fittingEntries, shownPlatform } from './choose-platform.ts';

/** A manifest or an index as it came. */
export interface Document {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An image's manifest and the indexes on the way to it, outermost first; the last document is the manifest. */
export interface FoundManifest {
  readonly documents: readonly [Document, ...Document[]];
  readonly manifest: Manifest;
  /** The entry of the index that led to it; undefined when the name led to the manifest itself. */
  readonly entry: Descriptor | undefined;
}

const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/**
 * Gets a document of a repository, checked against its digest.
 *
 * @param reference tag or digest
 * @throws invalid when it is not what its digest says, unsupported for kinds that are none of images
 */
export async function fetchDocument(client: RegistryClient, reference: string): Promise<Document> {
  const { bytes, mediaType } = await client.manifest(reference);
  const [algorithm = ''] = reference.includes(':') ? reference.split(':') : ['sha256'];
  const found = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  if (reference.includes(':') && found !== reference) {
    throw new BerthError(
      'invalid',
      'manifest.digest',
      `manifest verification failed for digest ${reference}: the registry sent ${found}`,
    );
  }
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { digest, mediaType: typeOf(bytes, mediaType), bytes };
}

/** The media type of a document: what the registry says if it is one, else what is in it. */
export function typeOf(bytes: Buffer, announced: string): string {
  if (isIndexType(announced) || isManifestType(announced) || SCHEMA_1.test(announced)) return announced;
  const document = parseJsonObject(bytes.toString(), 'image manifest');
  if (typeof document['mediaType'] === 'string') return document['mediaType'];
  if (document['schemaVersion'] === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
  if (Array.isArray(document['manifests'])) return OCI_INDEX;
  return Array.isArray(document['layers']) ? OCI_MANIFEST : announced;
}

/**
 * Finds the manifest for a platform behind a tag or digest, through indexes.
 *
 * @throws not-found in Docker's words when there is none for the platform
 */
export async function findManifest(
  client: RegistryClient,
  reference: string,
  wanted: HostPlatform,
): Promise<FoundManifest> {
  const top = await fetchDocument(client, reference);
  const found = await descend(client, [top], undefined, wanted);
  if (found !== undefined) return found;
  const words = `no matching manifest for ${shownPlatform(wanted)} in the manifest list entries`;
  throw new BerthError('not-found', 'manifest.platform', words);
}

async function descend(
  client: RegistryClient,
  documents: readonly [Document, ...Document[]],
  entry: Descriptor | undefined,
  wanted: HostPlatform,
): Promise<FoundManifest | undefined> {
  const last = documents.at(-1)!;
  if (!isIndexType(last.mediaType)) return { documents, manifest: readManifest(last), entry };
  if (documents.length > INDEX_DEPTH_MAX + 1) {
    const words = `image index: more than ${INDEX_DEPTH_MAX} indexes inside one another`;
    throw new BerthError('invalid', 'image.index-depth', words);
  }
  for (const candidate of fittingEntries(parseIndex(last.bytes.toString()).manifests, wanted)) {
    if (!isIndexType(candidate.mediaType) && !isManifestType(candidate.mediaType)) continue;
    const document = await fetchDocument(client, candidate.digest);
    if (document.bytes.length !== candidate.size) {
      const words = `manifest ${candidate.digest} should have ${candidate.size} bytes, the registry sent ${document.bytes.length}`;
      throw new BerthError('invalid', 'manifest.size', words);
    }
    const found = await descend(client, [...documents, document], candidate, wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @throws unsupported for manifests of other kinds, by name */
function readManifest({ mediaType, bytes }: Document): Manifest {
  if (SCHEMA_1.test(mediaType)) {
    const words = `unsupported media type ${mediaType}: support for Docker Image manifest version 2, schema 1 has been removed`;
    throw new BerthError('unsupported', 'manifest.schema-1', words, {
      hint: 'Push the image again with a current version of Docker or Berth.',
    });
  }
  if (mediaType !== DOCKER_MANIFEST && mediaType !== OCI_MANIFEST) {
    const words = `unsupported media type ${mediaType || '(none)'}: only ${[OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_INDEX].join(', ')} are images`;
    throw new BerthError('unsupported', 'manifest.media-type', words);
  }
  return parseManifest(bytes.toString());
}
