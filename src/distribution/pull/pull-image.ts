import { createHash } from 'node:crypto';
import { BerthError, isBerthError } from '#base/errors.ts';
import type { Limiter } from '#base/limiter.ts';
import { type ImageConfig, parseImageConfig } from '#spec/oci-image/image-config.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import type { Descriptor } from '#spec/oci-image/manifest.ts';
import { DOCKER_CONFIG, isForeignLayerType, isLayerType, OCI_CONFIG } from '#spec/oci-image/media-types.ts';
import { type HostPlatform, hostPlatform, matchesPlatform } from '#spec/platform.ts';
import { familiarReference, type Reference } from '#spec/reference.ts';
import type { LayerArrival } from '#store/downloads/arrivals.ts';
import { nameKey } from '#store/images/resolve.ts';
import type { Store } from '#store/open-store.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { blobBytes } from './blob-stream.ts';
import { shownPlatform } from './choose-platform.ts';
import { type FoundManifest, findManifest } from './find-manifest.ts';
import { pullProgress, type Report } from './pull-progress.ts';

export interface PullParts {
  readonly store: Store;
  readonly limit: Limiter;
}

export interface PullRequest {
  /** With a tag or a digest. */
  readonly reference: Reference;
  /** The name that it gets here; the reference when absent. */
  readonly as?: Reference;
  /** What was asked for; undefined: this machine's, and of an image for one platform only whatever that is. */
  readonly platform: HostPlatform | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
}

export interface PulledImage {
  readonly id: string;
  /** Digest of what the name leads to in the registry. */
  readonly digest: string;
  /** False when the name led to this image before. */
  readonly isNew: boolean;
}

/** Configurations of images; very old ones came with types that say nothing. */
export const CONFIG_TYPES: ReadonlySet<string> = new Set([
  OCI_CONFIG,
  DOCKER_CONFIG,
  'application/octet-stream',
  'text/html',
  '',
]);

/**
 * Brings an image from a repository into the store, with its names.
 *
 * @throws not-found, unauthorized, invalid for what is damaged or hostile; nothing of that image is visible then
 */
export async function pullImage(
  { store, limit }: PullParts,
  client: RegistryClient,
  request: PullRequest,
): Promise<PulledImage> {
  const { reference, platform, signal, report } = request;
  const found = await findManifest(client, reference.digest ?? reference.tag!, platform ?? hostPlatform());
  const { manifest, documents } = found;
  report({ status: `Pulling from ${client.endpoint.path}`, id: reference.tag ?? reference.digest! });
  const top = documents[0];
  using lease = store.openLease();
  lease.hold('blob', manifest.config.digest);
  const configText = await readConfig(store, client, manifest.config, signal);
  const config = parseImageConfig(configText);
  checkImage(found, config, request);
  const layers = manifest.layers.map((layer, i) => toArrival(client, layer, config.rootfs.diff_ids[i]!));
  const rows = await store.arrivals.stack(layers, { lease, limit, signal, report: pullProgress(report) });
  const name = nameKey(request.as ?? reference);
  const names = [...new Set([name, nameKey({ ...reference, tag: undefined, digest: top.digest })])];
  const before = store.images.table.idOfName(name);
  const list = documents.length > 1 ? { digest: top.digest, platform: platformOfImage(found, config) } : undefined;
  const put = store.images.put(configText, rows.at(-1)?.chainId, '', names, lease, documents, list);
  return { id: put.id, digest: top.digest, isNew: before !== put.id };
}

/** What the index says; an image may say less. */
function platformOfImage({ entry }: FoundManifest, config: ImageConfig): HostPlatform {
  const { os, architecture, variant } = entry?.platform ?? config;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function toArrival(client: RegistryClient, layer: Descriptor, diffId: string): LayerArrival {
  const { digest, size, mediaType } = layer;
  return { digest, size, mediaType, diffId, open: (from, signal) => blobBytes(client, layer, from, signal) };
}

async function readConfig(
  store: Store,
  client: RegistryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<string> {
  const { digest, size, mediaType } = descriptor;
  if (!CONFIG_TYPES.has(mediaType)) {
    const words = `unsupported media type ${mediaType}: this is no image of a container but an artifact of another kind`;
    throw new BerthError('unsupported', 'manifest.artifact', words, {
      hint: '`berth image copy` takes artifacts from one place to another as they are.',
    });
  }
  if (store.content.sizeOf(digest) !== undefined) return store.content.readText(digest);
  return (
    (await fetchSmallBlob(client, descriptor, DOCUMENT_BYTES_MAX, signal)).toString('utf8') || refuseEmpty(digest, size)
  );
}

function refuseEmpty(digest: string, size: number): never {
  throw new BerthError('invalid', 'image.config', `the image's configuration ${digest} is empty (${size} bytes)`);
}

/** A small blob of a repository, checked. @throws invalid when it is larger than `limit` or not what its digest says */
export async function fetchSmallBlob(
  client: RegistryClient,
  { digest, size }: { readonly digest: string; readonly size: number },
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  if (size > limit) {
    throw new BerthError(
      'invalid',
      'blob.too-large',
      `blob ${digest} has ${size} bytes, at most ${limit} are accepted here`,
    );
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of blobBytes(client, { digest, size }, 0, signal)) {
    pieces.push(piece);
    length += piece.length;
    if (length > size)
      throw new BerthError('invalid', 'blob.size', `blob ${digest} should have ${size} bytes, the registry sent more`);
  }
  const bytes = Buffer.concat(pieces);
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (found === digest) return bytes;
  throw new BerthError(
    'invalid',
    'blob.digest',
    `blob verification failed for digest ${digest}: the data has ${found}`,
  );
}

function checkImage(
  { manifest, entry }: FoundManifest,
  config: ImageConfig,
  { platform, reference }: PullRequest,
): void {
  const foreign = manifest.layers.find(({ mediaType }) => isForeignLayerType(mediaType));
  if (foreign !== undefined) {
    const words = `layer ${foreign.digest} is a foreign layer (${foreign.mediaType}): registries may not distribute it, and it cannot be pulled`;
    throw new BerthError('unsupported', 'manifest.foreign-layer', words);
  }
  const unknown = manifest.layers.find(({ mediaType }) => !isLayerType(mediaType));
  if (unknown !== undefined) {
    throw new BerthError(
      'unsupported',
      'manifest.media-type',
      `layer ${unknown.digest}: unsupported media type ${unknown.mediaType}`,
    );
  }
  const expected = config.rootfs.diff_ids.length;
  if (expected !== manifest.layers.length) {
    const words = `invalid manifest, layers length mismatch: expected ${expected}, got ${manifest.layers.length}`;
    throw new BerthError('invalid', 'manifest.layer-count', words);
  }
  const wanted = platform ?? (entry !== undefined && entry.platform === undefined ? hostPlatform() : undefined);
  if (wanted === undefined || entry?.platform !== undefined || matchesPlatform(config, wanted)) return;
  const words = `image with reference ${familiarReference(reference)} was found but its platform (${shownPlatform(config)}) does not match the specified platform (${shownPlatform(wanted)})`;
  throw new BerthError('not-found', 'image.platform', words);
}

/** A failure of a pull in Docker's words. */
export function explainPullError(error: unknown, reference: Reference): unknown {
  if (!isBerthError(error)) return error;
  const name = familiarReference({ ...reference, tag: undefined, digest: undefined });
  const words = wordsFor(error.code, error.details['said'], name, familiarReference(reference));
  if (words === undefined) return error;
  return new BerthError('not-found', error.code, `${words}: ${error.message}`, {
    cause: error,
    details: error.details,
  });
}

function wordsFor(code: string, said: unknown, name: string, reference: string): string | undefined {
  if (said === 'NAME_UNKNOWN') return `repository ${name} not found`;
  if (said === 'DENIED' || said === 'UNAUTHORIZED' || code === 'registry.unauthorized')
    return `pull access denied for ${name}, repository does not exist or may require 'berth login'`;
  return said === 'MANIFEST_UNKNOWN' || code === 'registry.not-found'
    ? `manifest for ${reference} not found`
    : undefined;
}
