import { BerthError, isBerthError } from '#base/errors.ts';
import { blobBytes } from '../pull/blob-stream.ts';
import { type Document, fetchDocument } from '../pull/find-manifest.ts';
import { putManifest } from '../push/push-image.ts';
import { hasBlob, mountBlob, uploadBlob } from '../push/upload-blob.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { CopySource, CopyTarget } from './ends.ts';

/** @param reference tag or digest */
export function registrySource(client: RegistryClient, reference: string): CopySource {
  return {
    repository: client.endpoint,
    top: () => documentOf(client, reference),
    document: (digest) => documentOf(client, digest),
    open: (blob, from, signal) => blobBytes(client, blob, from, signal),
  };
}

/** @throws not-found naming the document */
async function documentOf(client: RegistryClient, reference: string): Promise<Document> {
  try {
    return await fetchDocument(client, reference);
  } catch (error) {
    if (!isBerthError(error, 'not-found')) throw error;
    const { host, path } = client.endpoint;
    const name = `${host}/${path}${reference.includes(':') ? '@' : ':'}${reference}`;
    const { code, details } = error;
    throw new BerthError('not-found', code, `manifest for ${name} not found: ${error.message}`, {
      cause: error,
      details,
    });
  }
}

/** @param reference tag, or a digest that the document must have */
export function registryTarget(client: RegistryClient, reference: string): CopyTarget {
  return {
    hasDocument: async (digest) => (await client.statManifest(digest)) !== undefined,
    putBlob: async (blob, source, moved, signal) => {
      if (await hasBlob(client, blob.digest)) return 'exists';
      const begun = await mount(client, blob.digest, source);
      if (begun === 'mounted') return begun;
      await uploadBlob(client, { ...blob, open: (from) => source.open(blob, from, signal) }, moved, signal, begun);
      return 'sent';
    },
    putDocument: async (document, isTop) => {
      await putManifest(client, isTop ? reference : document.digest, document);
    },
  };
}

async function mount(
  client: RegistryClient,
  digest: string,
  { repository }: CopySource,
): Promise<'mounted' | URL | undefined> {
  const { host, path } = client.endpoint;
  if (repository === undefined || repository.host !== host || repository.path === path) return undefined;
  try {
    return (await mountBlob(client, digest, repository.path)) ?? 'mounted';
  } catch (error) {
    // Not allowed to read there with what it has: it is sent, then.
    if (isBerthError(error, 'unauthorized') || isBerthError(error, 'forbidden') || isBerthError(error, 'not-found'))
      return undefined;
    throw error;
  }
}
