import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { BerthError, isBerthError } from '#base/errors.ts';
import { shortId } from '#base/ids.ts';
import type { Limiter } from '#base/limiter.ts';
import { monotonicMs } from '#base/time.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { type Descriptor, parseManifest } from '#spec/oci-image/manifest.ts';
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  isManifestType,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from '#spec/oci-image/media-types.ts';
import { familiarName, fullName, parseReference, type Reference } from '#spec/reference.ts';
import type { Compression } from '#store/archive/compression.ts';
import { detectFileCompression } from '#store/archive/read-blob.ts';
import { digestOf } from '#store/content/content-store.ts';
import type { StoredImage } from '#store/images/image-store.ts';
import { nameKey } from '#store/images/resolve.ts';
import type { LayerRow } from '#store/metadata/layer-table.ts';
import type { Lease } from '#store/metadata/leases.ts';
import type { Store } from '#store/open-store.ts';
import { headerOf } from '../http/exchange.ts';
import { readBody } from '../http/read-body.ts';
import type { Report } from '../pull/pull-progress.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { fileSource, hasBlob, mountBlob, uploadBlob } from './upload-blob.ts';

export interface PushParts {
  readonly store: Store;
  readonly limit: Limiter;
}

export interface PushRequest {
  /** With a tag. */
  readonly reference: Reference;
  /** Which image it is; the one of that name when absent. */
  readonly image?: string | undefined;
  /** Digest that an index has for it: its manifest is stored under that, and gives no name. */
  readonly entry?: string | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
}

export interface PushedImage {
  readonly id: string;
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
  readonly mediaType?: string;
}

/** A layer and the form it has in the registry. */
interface SentLayer {
  readonly row: LayerRow;
  readonly compression: Compression;
  readonly digest: string;
  readonly size: number;
}

const EVERY_MS = 100;

/**
 * Sends an image to a repository: what the registry lacks, then the manifest. An image that came from a registry goes back as it came,
 * byte for byte.
 *
 * @throws not-found when there is no such image here, unauthorized or forbidden as the registry says
 */
export async function pushImage(
  { store, limit }: PushParts,
  client: RegistryClient,
  request: PushRequest,
): Promise<PushedImage> {
  const { reference, signal, report } = request;
  const image = request.image === undefined ? imageToPush(store, reference) : store.images.resolve(request.image);
  using lease = store.openLease();
  const rows = store.layers.table.chain(image.row.topLayer).reverse();
  for (const { blob } of rows) lease.hold('blob', blob);
  lease.hold('blob', image.id);
  for (const row of rows) report({ status: 'Preparing', progressDetail: {}, id: shortId(row.diffId) });
  const stop = new AbortController();
  const inner = AbortSignal.any([signal, stop.signal]);
  const works = rows.map((row) =>
    limit.run(
      () => pushLayer(store, client, row, request, inner),
      () => report({ status: 'Waiting', progressDetail: {}, id: shortId(row.diffId) }),
    ),
  );
  let layers: SentLayer[];
  try {
    layers = await Promise.all(works);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(works);
    throw error;
  }
  const manifest = keptManifest(store, image, rows, request.entry) ?? newManifest(image, layers);
  await pushConfig(client, image, inner);
  const under = request.entry === undefined ? reference.tag! : digestOf(manifest.bytes);
  const digest = await putManifest(client, under, manifest);
  if (request.entry === undefined) noteRepository(store, image, reference, { ...manifest, digest }, lease);
  return { id: image.id, digest, size: manifest.bytes.length, mediaType: manifest.mediaType };
}

/** @throws not-found when there is no image of that name */
export function imageToPush(store: Store, reference: Reference): StoredImage {
  const id = store.images.table.idOfName(nameKey(reference));
  if (id !== undefined) return store.images.resolve(id);
  const words = `An image does not exist locally with the tag: ${familiarName(reference)}`;
  throw new BerthError('not-found', 'image.not-found', words);
}

async function pushLayer(
  store: Store,
  client: RegistryClient,
  row: LayerRow,
  { report, reference }: PushRequest,
  signal: AbortSignal,
): Promise<SentLayer> {
  signal.throwIfAborted();
  const id = shortId(row.diffId);
  const say = (status: string, progressDetail: ProgressMessage['progressDetail'] = {}) =>
    report({ status, progressDetail, id });
  const path = store.content.pathOf(row.blob);
  const compression = detectFileCompression(path);
  const whole = { digest: row.blob, size: store.content.sizeOf(row.blob) ?? 0 };
  const known = compression === 'none' ? store.packed.known(row.blob) : whole;
  if (known !== undefined && (await hasBlob(client, known.digest))) {
    say('Layer already exists');
    return { row, compression, ...known };
  }
  const begun =
    known === undefined
      ? undefined
      : await mountFromOther(store, client, { row, digest: known.digest, domain: reference.domain });
  if (typeof begun === 'string') {
    say(`Mounted from ${begun}`);
    return { row, compression, ...known! };
  }
  say('Pushing', { current: 0, total: known?.size ?? whole.size });
  const packed = compression === 'none' ? await store.packed.make(row.blob) : undefined;
  const sent = packed ?? { ...whole, path };
  try {
    if (known === undefined && (await hasBlob(client, sent.digest))) {
      say('Layer already exists');
      return { row, compression, digest: sent.digest, size: sent.size };
    }
    const moving = throttled((current) => say('Pushing', { current, total: sent.size }));
    await uploadBlob(client, { ...sent, open: fileSource(sent.path) }, moving, signal, begun);
    say('Pushed');
    return { row, compression, digest: sent.digest, size: sent.size };
  } finally {
    if (packed !== undefined) await rm(packed.path, { force: true });
  }
}

/**
 * Takes a layer over from a repository of the same registry that an image with it came from or went to.
 *
 * @returns that repository; an upload when the registry opened one instead; undefined when there is no such repository
 */
async function mountFromOther(
  store: Store,
  client: RegistryClient,
  { row, digest, domain }: { readonly row: LayerRow; readonly digest: string; readonly domain: string },
): Promise<string | URL | undefined> {
  const { path } = client.endpoint;
  for (const repository of repositoriesWith(store, row)) {
    if (repository.domain !== domain || repository.path === path) continue;
    try {
      return (await mountBlob(client, digest, repository.path)) ?? repository.path;
    } catch (error) {
      // Not allowed to read there, perhaps: it is sent, then.
      if (
        !isBerthError(error, 'unauthorized') &&
        !isBerthError(error, 'forbidden') &&
        !isBerthError(error, 'not-found')
      )
        throw error;
    }
  }
  return undefined;
}

function repositoriesWith(store: Store, { blob }: LayerRow): Reference[] {
  const found = new Map<string, Reference>();
  for (const { name, imageId } of store.images.table.names()) {
    const reference = parseReference(name);
    if (reference.digest === undefined || found.has(fullName(reference))) continue;
    const top = store.images.table.get(imageId)?.topLayer;
    if (store.layers.table.chain(top).some((row) => row.blob === blob)) found.set(fullName(reference), reference);
  }
  return [...found.values()];
}

interface NewManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** The manifest that a registry had for the image, when its layers are those that are here. */
function keptManifest(
  store: Store,
  image: StoredImage,
  rows: readonly LayerRow[],
  wanted: string | undefined,
): NewManifest | undefined {
  for (const { digest, mediaType } of store.images.manifestsOf(image.id)) {
    if (!isManifestType(mediaType) || (wanted !== undefined && digest !== wanted)) continue;
    const text = store.content.readText(digest);
    const { layers, config } = parseManifest(text);
    const isSame = layers.length === rows.length && layers.every((layer, i) => layer.digest === rows[i]!.blob);
    if (isSame && config.digest === image.id) return { bytes: Buffer.from(text), mediaType };
  }
  return undefined;
}

function newManifest(image: StoredImage, layers: readonly SentLayer[]): NewManifest {
  // Docker's own form knows no zstd.
  const isOci = layers.some(({ compression }) => compression === 'zstd');
  const mediaType = isOci ? OCI_MANIFEST : DOCKER_MANIFEST;
  const gzip = isOci ? OCI_LAYER_GZIP : DOCKER_LAYER_GZIP;
  const document = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: isOci ? OCI_CONFIG : DOCKER_CONFIG,
      size: Buffer.byteLength(image.row.config),
      digest: image.id,
    },
    layers: layers.map(
      ({ compression, digest, size }): Descriptor => ({
        mediaType: compression === 'zstd' ? OCI_LAYER_ZSTD : gzip,
        size,
        digest,
      }),
    ),
  };
  return { bytes: Buffer.from(JSON.stringify(document, undefined, 3)), mediaType };
}

async function pushConfig(client: RegistryClient, image: StoredImage, signal: AbortSignal): Promise<void> {
  if (await hasBlob(client, image.id)) return;
  const bytes = Buffer.from(image.row.config);
  const open = async function* (from: number) {
    yield bytes.subarray(from);
  };
  await uploadBlob(client, { digest: image.id, size: bytes.length, open }, () => {}, signal);
}

/** Stores a manifest or an index under a tag or its digest. @returns its digest */
export async function putManifest(
  client: RegistryClient,
  reference: string,
  { bytes, mediaType }: NewManifest,
): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const response = await client.send({
    method: 'PUT',
    at: client.path(`manifests/${reference}`),
    scopes: [client.scope('pull,push')],
    headers: { 'content-type': mediaType },
    body: bytes,
    accept: [200, 201, 202],
    what: `manifest ${reference}`,
  });
  await readBody(response, 1024 * 1024);
  const said = headerOf(response, 'docker-content-digest');
  if (said === undefined || said === digest || !said.startsWith('sha256:')) return digest;
  throw new BerthError('data-loss', 'manifest.digest', `the registry stored the manifest ${digest} as ${said}`);
}

function noteRepository(
  store: Store,
  image: StoredImage,
  reference: Reference,
  manifest: NewManifest & { readonly digest: string },
  lease: Lease,
): void {
  const name = nameKey({ ...reference, tag: undefined, digest: manifest.digest });
  store.images.noteManifest(image.id, manifest, [name], lease);
}

function throttled(report: (value: number) => void): (value: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = monotonicMs();
    if (now - last < EVERY_MS) return;
    last = now;
    report(value);
  };
}
