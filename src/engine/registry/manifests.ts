import { createHash } from 'node:crypto';
import { messageOf } from '#base/errors.ts';
import { type ManifestFacts, readManifestFacts } from '#spec/distribution/manifest-references.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import { transact } from '#store/metadata/database.ts';
import { openLease } from '#store/metadata/leases.ts';
import type { ManifestRecord, SentManifest } from './api.ts';
import type { RegistryParts } from './parts.ts';
import { registryFailure } from './registry-errors.ts';

/** Keeps a manifest and what leads to it in one transaction with the proof that what it lists is here. */
export function putManifest(
  parts: RegistryParts,
  repository: string,
  sent: SentManifest,
  allowMissing = parts.allowMissing,
): ManifestRecord {
  const { bytes, mediaType, algorithm, tags } = sent;
  if (bytes.length > DOCUMENT_BYTES_MAX)
    throw registryFailure('too-large', `a manifest may have ${DOCUMENT_BYTES_MAX} bytes at most`);
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  if (sent.digest !== undefined && sent.digest !== digest) {
    const facts = { digest: sent.digest, found: digest };
    throw registryFailure('digest-invalid', 'provided digest did not match uploaded content', facts);
  }
  const facts = readFacts(bytes, mediaType);
  using lease = openLease(parts.db);
  const blob = parts.content.putBytes(bytes, lease);
  const row = {
    digest,
    blob,
    size: bytes.length,
    mediaType,
    subject: facts.subject,
    artifactType: facts.artifactType,
    annotations: facts.annotations,
    touchedMs: Date.now(),
  };
  transact(parts.db, () => {
    if (!allowMissing) checkReferences(parts, repository, facts);
    const needs = facts.references.map((reference) => reference.digest);
    parts.table.putManifest(repository, row, needs);
    for (const tag of tags) parts.table.setTag(repository, tag, digest, Date.now());
  });
  return row;
}

function readFacts(bytes: Buffer, mediaType: string): ManifestFacts {
  try {
    return readManifestFacts(bytes, mediaType);
  } catch (error) {
    throw registryFailure('manifest-invalid', messageOf(error));
  }
}

function checkReferences({ table }: RegistryParts, repository: string, facts: ManifestFacts): void {
  for (const { kind, digest, size, isForeign } of facts.references) {
    if (isForeign) continue;
    const found = kind === 'blob' ? table.blob(repository, digest) : table.manifest(repository, digest);
    if (found === undefined) {
      const words = kind === 'blob' ? 'blob unknown to registry' : 'manifest unknown to registry';
      throw registryFailure('manifest-blob-unknown', words, { digest });
    }
    if (found.size !== size) {
      const words = `the manifest says ${size} bytes of ${digest}, the registry has ${found.size}`;
      throw registryFailure('size-invalid', words, { digest });
    }
  }
}
