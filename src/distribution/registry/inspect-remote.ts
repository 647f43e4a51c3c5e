import type { DistributionInspect, RemoteDocument } from '#spec/docker-api/registries.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import { parseIndex, parseManifest } from '#spec/oci-image/manifest.ts';
import { isIndexType, isManifestType } from '#spec/oci-image/media-types.ts';
import { type Document, fetchDocument } from '../pull/find-manifest.ts';
import { CONFIG_TYPES, fetchSmallBlob } from '../pull/pull-image.ts';
import type { RegistryClient } from './registry-client.ts';

/** What a tag or digest leads to, as `GET /distribution/{name}/json` describes it. */
export async function inspectRemote(
  client: RegistryClient,
  reference: string,
  signal: AbortSignal,
): Promise<DistributionInspect> {
  const document = await fetchDocument(client, reference);
  const { mediaType, digest, bytes } = document;
  return {
    Descriptor: { mediaType, digest, size: bytes.length },
    Platforms: await platformsOf(client, document, signal),
  };
}

/** A document as it is, with the platform of the image that it is of. */
export async function remoteDocument(
  client: RegistryClient,
  reference: string,
  signal: AbortSignal,
): Promise<RemoteDocument> {
  const document = await fetchDocument(client, reference);
  const { mediaType, digest, bytes } = document;
  const [platform] = isManifestType(mediaType) ? await platformsOf(client, document, signal) : [];
  const descriptor = { mediaType, digest, size: bytes.length };
  return {
    Descriptor: platform === undefined ? descriptor : { ...descriptor, platform },
    Raw: bytes.toString('base64'),
  };
}

async function platformsOf(client: RegistryClient, { mediaType, bytes }: Document, signal: AbortSignal) {
  if (isIndexType(mediaType))
    return parseIndex(bytes.toString()).manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platform]));
  if (!isManifestType(mediaType)) return [];
  const { config } = parseManifest(bytes.toString());
  // Artifacts have no platform.
  if (!CONFIG_TYPES.has(config.mediaType)) return [];
  const text = (await fetchSmallBlob(client, config, DOCUMENT_BYTES_MAX, signal)).toString('utf8');
  if (!text.trimStart().startsWith('{')) return [];
  const { os, architecture, variant } = parseImageConfig(text);
  if (architecture === '') return [];
  return [{ architecture, os, ...(variant === undefined ? {} : { variant }) }];
}
