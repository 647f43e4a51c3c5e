import type { ImageInspect } from '#spec/docker-api/images.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import { type HostPlatform, hostPlatform } from '#spec/platform.ts';
import { familiarName, familiarReference, type Reference } from '#spec/reference.ts';
import { findManifest } from '../pull/find-manifest.ts';
import { fetchSmallBlob } from '../pull/pull-image.ts';
import type { RegistryClient } from './registry-client.ts';

/** What an image in a registry says of itself; of its layers nothing is fetched, and its size is that of the compressed ones. */
export type RemoteImage = Omit<ImageInspect, 'GraphDriver' | 'Metadata'>;

/** @throws not-found when the registry has no such image, or none for the platform */
export async function inspectImage(
  client: RegistryClient,
  reference: Reference,
  platform: HostPlatform | undefined,
  signal: AbortSignal,
): Promise<RemoteImage> {
  const { manifest, documents } = await findManifest(
    client,
    reference.digest ?? reference.tag!,
    platform ?? hostPlatform(),
  );
  const config = parseImageConfig(
    (await fetchSmallBlob(client, manifest.config, DOCUMENT_BYTES_MAX, signal)).toString(),
  );
  return {
    Id: manifest.config.digest,
    RepoTags: reference.tag === undefined ? [] : [familiarReference({ ...reference, digest: undefined })],
    RepoDigests: [`${familiarName(reference)}@${documents[0].digest}`],
    Parent: '',
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: config.config ?? {},
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    Size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
  };
}
