import type { BerthError } from '#base/errors.ts';
import { openDatabase, transact } from '#store/metadata/database.ts';
import { STORE_SCHEMA } from '#store/metadata/schema.ts';
import { openStore } from '#store/open-store.ts';
import { REGISTRY_SCHEMA } from '../state/registry-schema.ts';
import { type RegistryBlobRow, type RegistryManifestRow, RegistryTable } from '../state/registry-table.ts';
import type { Page, PageQuery, Registry, RegistryOptions } from './api.ts';
import { collectRegistry } from './collect.ts';
import { evictCopies } from './evict-copies.ts';
import { putManifest } from './manifests.ts';
import { Mirror } from './mirror.ts';
import { openFile } from './open-file.ts';
import type { RegistryParts } from './parts.ts';
import { registryFailure } from './registry-errors.ts';
import { UploadStore } from './uploads.ts';

/** Uploads that rest longer are forgotten. */
const UPLOAD_EXPIRY_MS = 24 * 3600 * 1000;
/** How exactly it is known when a blob was asked for last. */
const TOUCH_MS = 60_000;

/** Opens the registry below a root. Several processes may serve one. */
export function openRegistry(options: RegistryOptions): Registry {
  const { root } = options;
  const db = openDatabase(root, [STORE_SCHEMA, REGISTRY_SCHEMA]);
  const store = openStore({ root, db });
  const table = new RegistryTable(db);
  const { content } = store;
  const parts: RegistryParts = {
    root,
    db,
    content,
    table,
    blobBytesMax: options.blobBytesMax,
    allowMissing: options.allowMissing ?? false,
  };
  const uploads = new UploadStore(parts);
  const { copyBytesMax, upstream } = options;
  const trim = async () => {
    if (copyBytesMax !== undefined) await evictCopies(db, store, copyBytesMax);
  };
  const mirror = upstream === undefined ? undefined : new Mirror(parts, uploads, upstream, trim);
  const known = async (repository: string, reference: string): Promise<RegistryManifestRow> => {
    if (mirror !== undefined) return await mirror.manifest(repository, reference);
    return knownManifest(table, repository, reference);
  };
  return {
    uploads,
    blob: async (repository, digest) =>
      blobOf(parts, repository, digest) ?? (await missing(mirror, repository, digest)),
    openBlob: async (repository, digest, range) => {
      const row = blobOf(parts, repository, digest);
      if (row !== undefined) return await openFile(content.pathOf(row.blob), digest, range);
      if (mirror === undefined) throw unknownBlob(digest);
      return await mirror.openBlob(repository, digest, range);
    },
    mountBlob: (repository, digest, from) => {
      return transact(db, () => {
        const row = from === undefined ? table.blobAnywhere(digest) : table.blob(from, digest);
        if (row !== undefined) table.putBlob(repository, { ...row, touchedMs: Date.now() });
        return row;
      });
    },
    deleteBlob: (repository, digest) => {
      if (!table.deleteBlob(repository, digest)) throw unknownBlob(digest);
    },
    manifestFacts: known,
    manifest: async (repository, reference) => {
      const row = await known(repository, reference);
      return { ...row, bytes: Buffer.from(content.readText(row.blob)) };
    },
    putManifest: async (repository, sent) => putManifest(parts, repository, sent),
    deleteManifest: (repository, digest) => {
      if (!table.deleteManifest(repository, digest)) throw unknownManifest(digest);
    },
    deleteTag: (repository, tag) => {
      if (!table.deleteTag(repository, tag)) throw unknownManifest(tag);
    },
    tags: async (repository, page) => {
      if (mirror !== undefined) return await mirror.tags(repository, page);
      if (!table.hasRepository(repository))
        throw registryFailure('name-unknown', 'repository name not known to registry', { name: repository });
      return paged(page, (after, limit) => table.tags(repository, after, limit));
    },
    repositories: (page) => paged(page, (after, limit) => table.repositories(after, limit)),
    referrers: (repository, digest, artifactType) => table.referrers(repository, digest, artifactType),
    collect: async (how) => {
      if (mirror !== undefined) await trim();
      return await collectRegistry(
        { db, store, uploads },
        { ...how, uploadExpiryMs: options.uploadExpiryMs ?? UPLOAD_EXPIRY_MS },
      );
    },
    close: async () => {
      upstream?.close();
      await mirror?.settled();
      await store.close();
      db.close();
    },
  };
}

/** The row of a blob; that it was asked for keeps it from collection for a while. */
function blobOf({ table }: RegistryParts, repository: string, digest: string): RegistryBlobRow | undefined {
  const row = table.blob(repository, digest);
  const now = Date.now();
  if (row !== undefined && now - row.touchedMs > TOUCH_MS) table.touchBlob(repository, digest, now);
  return row;
}

async function missing(mirror: Mirror | undefined, repository: string, digest: string) {
  if (mirror === undefined) throw unknownBlob(digest);
  return await mirror.blob(repository, digest);
}

/** @param reference tag or digest @throws not-found */
function knownManifest(table: RegistryTable, repository: string, reference: string): RegistryManifestRow {
  const digest = reference.includes(':') ? reference : table.tag(repository, reference)?.digest;
  const row = digest === undefined ? undefined : table.manifest(repository, digest);
  if (row === undefined) throw unknownManifest(reference);
  return row;
}

function unknownBlob(digest: string): BerthError {
  return registryFailure('blob-unknown', 'blob unknown to registry', { digest });
}

function unknownManifest(reference: string): BerthError {
  return registryFailure('manifest-unknown', 'manifest unknown', { reference });
}

/** One more name than wanted tells whether there are more. */
function paged({ limit, after }: PageQuery, list: (after: string, limit: number) => string[]): Page {
  if (limit === 0) return { names: [], hasMore: false };
  const names = list(after, limit + 1);
  return { names: names.slice(0, limit), hasMore: names.length > limit };
}
