import { parseIndex, parseManifest } from '#spec/oci-image/manifest.ts';
import { isIndexType, isManifestType } from '#spec/oci-image/media-types.ts';
import { nameKey } from '#store/images/resolve.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import {
  imageToPush,
  type PushedImage,
  type PushParts,
  type PushRequest,
  pushImage,
  putManifest,
} from './push-image.ts';

/**
 * Sends what a tag stands for: an index with all its images when the registry has them then, else the image that the tag leads to.
 * An index stays as it came, byte for byte.
 *
 * @throws not-found when there is no such image here, unauthorized or forbidden as the registry says
 */
export async function pushTagged(parts: PushParts, client: RegistryClient, request: PushRequest): Promise<PushedImage> {
  const { store } = parts;
  const { reference, report } = request;
  const image = imageToPush(store, reference);
  const name = nameKey(reference);
  const list = store.images.table.platformsOf(name).find(({ imageId }) => imageId === image.id)?.list;
  if (list === undefined || store.content.sizeOf(list) === undefined) return await pushImage(parts, client, request);
  using lease = store.openLease();
  lease.hold('blob', list);
  const bytes = Buffer.from(store.content.readText(list));
  const { mediaType } = parseIndex(bytes.toString());
  const index = { mediaType, digest: list, size: bytes.length };
  if (await pushEntries(parts, client, request, list)) {
    await putManifest(client, reference.tag!, { bytes, mediaType });
    store.images.noteManifest(
      image.id,
      { bytes, mediaType },
      [nameKey({ ...reference, tag: undefined, digest: list })],
      lease,
    );
    return { id: image.id, digest: list, size: bytes.length };
  }
  const pushed = await pushImage(parts, client, request);
  const selected = { mediaType: pushed.mediaType, digest: pushed.digest, size: pushed.size };
  const aux = { manifestPushedInsteadOfIndex: true, originalIndex: index, selectedManifest: selected };
  report({ progressDetail: {}, aux });
  return pushed;
}

/** Sends what is here of an index. @returns whether the registry has all of its entries now */
async function pushEntries(
  parts: PushParts,
  client: RegistryClient,
  request: PushRequest,
  index: string,
): Promise<boolean> {
  const { content } = parts.store;
  let isWhole = true;
  for (const { digest, mediaType } of parseIndex(content.readText(index)).manifests) {
    const isHere = content.sizeOf(digest) !== undefined;
    const isSent =
      isHere &&
      (isIndexType(mediaType)
        ? await pushInner(parts, client, request, digest)
        : isManifestType(mediaType) && (await pushEntry(parts, client, request, digest)));
    if (!isSent && (await client.statManifest(digest)) === undefined) isWhole = false;
  }
  return isWhole;
}

async function pushInner(
  parts: PushParts,
  client: RegistryClient,
  request: PushRequest,
  digest: string,
): Promise<boolean> {
  if (!(await pushEntries(parts, client, request, digest))) return false;
  const bytes = Buffer.from(parts.store.content.readText(digest));
  await putManifest(client, digest, { bytes, mediaType: parseIndex(bytes.toString()).mediaType });
  return true;
}

/** An image counts only as what the index calls it. */
async function pushEntry(
  parts: PushParts,
  client: RegistryClient,
  request: PushRequest,
  digest: string,
): Promise<boolean> {
  const { content, images } = parts.store;
  const { config } = parseManifest(content.readText(digest));
  if (images.table.get(config.digest) === undefined) return false;
  const pushed = await pushImage(parts, client, { ...request, image: config.digest, entry: digest });
  return pushed.digest === digest;
}
