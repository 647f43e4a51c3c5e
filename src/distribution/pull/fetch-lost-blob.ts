import { Limiter } from '#base/limiter.ts';
import type { Store } from '#store/open-store.ts';
import type { LostBlob } from '#store/restore-blob.ts';
import { headerOf } from '../http/exchange.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { blobBytes } from './blob-stream.ts';
import { fetchDocument } from './find-manifest.ts';

/**
 * Brings a blob that an image here needs from a repository into the store.
 *
 * @throws not-found when the repository does not have it, invalid when what it sends is something else
 */
export async function fetchLostBlob(
  store: Store,
  client: RegistryClient,
  { digest, size, isManifest }: LostBlob,
  signal: AbortSignal,
): Promise<void> {
  using lease = store.openLease();
  if (isManifest) {
    store.content.putBytes((await fetchDocument(client, digest)).bytes, lease);
    return;
  }
  const source = { digest, size: size ?? (await sizeOf(client, digest)) };
  const open = (from: number, stop: AbortSignal) => blobBytes(client, source, from, stop);
  await store.arrivals.blob({ ...source, open }, { lease, limit: new Limiter(1), signal, report: () => {} });
}

async function sizeOf(client: RegistryClient, digest: string): Promise<number> {
  const at = client.path(`blobs/${digest}`);
  const response = await client.send({ method: 'HEAD', at, accept: [200], what: `blob ${digest}` });
  response.body.resume();
  return Number(headerOf(response, 'content-length') ?? 0);
}
