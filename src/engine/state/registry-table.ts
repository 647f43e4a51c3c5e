import type { Database } from '#store/metadata/database.ts';

/** A blob of a repository. */
export interface RegistryBlobRow {
  readonly digest: string;
  /** sha256 digest under which the store has it. */
  readonly blob: string;
  /** Bytes. */
  readonly size: number;
  readonly touchedMs: number;
}

export interface RegistryManifestRow extends RegistryBlobRow {
  readonly mediaType: string;
  readonly subject: string | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** Rows of the registry's repositories: blobs, manifests and tags. */
export class RegistryTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  blob(repository: string, digest: string): RegistryBlobRow | undefined {
    const row = this.#db
      .prepare('SELECT * FROM registry_blobs WHERE repository = ? AND digest = ?')
      .get(repository, digest);
    return row === undefined ? undefined : toBlob(row);
  }

  /** A blob of any repository. */
  blobAnywhere(digest: string): RegistryBlobRow | undefined {
    const row = this.#db.prepare('SELECT * FROM registry_blobs WHERE digest = ? LIMIT 1').get(digest);
    return row === undefined ? undefined : toBlob(row);
  }

  /** Repositories that have something under a digest of the store, and how they call it. */
  holdersOf(table: 'registry_blobs' | 'registry_manifests', blob: string): { repository: string; digest: string }[] {
    const rows = this.#db.prepare(`SELECT repository, digest FROM ${table} WHERE blob = ?`).all(blob);
    return rows.map((row) => ({ repository: String(row['repository']), digest: String(row['digest']) }));
  }

  putBlob(repository: string, row: RegistryBlobRow): void {
    this.#db
      .prepare(
        `INSERT INTO registry_blobs VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET touched_ms = excluded.touched_ms`,
      )
      .run(repository, row.digest, row.blob, row.size, row.touchedMs);
  }

  touchBlob(repository: string, digest: string, nowMs: number): void {
    this.#db
      .prepare('UPDATE registry_blobs SET touched_ms = ? WHERE repository = ? AND digest = ?')
      .run(nowMs, repository, digest);
  }

  deleteBlob(repository: string, digest: string): boolean {
    const { changes } = this.#db
      .prepare('DELETE FROM registry_blobs WHERE repository = ? AND digest = ?')
      .run(repository, digest);
    return changes > 0;
  }

  manifest(repository: string, digest: string): RegistryManifestRow | undefined {
    const row = this.#db
      .prepare('SELECT * FROM registry_manifests WHERE repository = ? AND digest = ?')
      .get(repository, digest);
    return row === undefined ? undefined : toManifest(row);
  }

  /** @param needs digests of what it lists */
  putManifest(repository: string, row: RegistryManifestRow, needs: Iterable<string>): void {
    this.#db
      .prepare(
        `INSERT INTO registry_manifests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET touched_ms = excluded.touched_ms`,
      )
      .run(
        repository,
        row.digest,
        row.blob,
        row.size,
        row.mediaType,
        row.subject ?? null,
        row.artifactType ?? null,
        row.annotations === undefined ? null : JSON.stringify(row.annotations),
        row.touchedMs,
      );
    const insert = this.#db.prepare('INSERT OR IGNORE INTO registry_needs VALUES (?, ?, ?)');
    for (const digest of needs) insert.run(repository, row.digest, digest);
  }

  touchManifest(repository: string, digest: string, nowMs: number): void {
    this.#db
      .prepare('UPDATE registry_manifests SET touched_ms = ? WHERE repository = ? AND digest = ?')
      .run(nowMs, repository, digest);
  }

  /** With the tags that lead to it. */
  deleteManifest(repository: string, digest: string): boolean {
    const { changes } = this.#db
      .prepare('DELETE FROM registry_manifests WHERE repository = ? AND digest = ?')
      .run(repository, digest);
    return changes > 0;
  }

  referrers(repository: string, subject: string, artifactType: string | undefined): RegistryManifestRow[] {
    return this.#db
      .prepare(
        `SELECT * FROM registry_manifests
         WHERE repository = ? AND subject = ? AND (? IS NULL OR artifact_type = ?) ORDER BY digest`,
      )
      .all(repository, subject, artifactType ?? null, artifactType ?? null)
      .map(toManifest);
  }

  /** Digest that a tag leads to, and when that was last known to be so elsewhere. */
  tag(repository: string, tag: string): { digest: string; checkedMs: number } | undefined {
    const row = this.#db
      .prepare('SELECT digest, checked_ms FROM registry_tags WHERE repository = ? AND tag = ?')
      .get(repository, tag);
    return row === undefined ? undefined : { digest: String(row['digest']), checkedMs: Number(row['checked_ms']) };
  }

  setTag(repository: string, tag: string, digest: string, nowMs: number): void {
    this.#db
      .prepare(
        `INSERT INTO registry_tags VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET digest = excluded.digest, checked_ms = excluded.checked_ms`,
      )
      .run(repository, tag, digest, nowMs);
  }

  deleteTag(repository: string, tag: string): boolean {
    return (
      this.#db.prepare('DELETE FROM registry_tags WHERE repository = ? AND tag = ?').run(repository, tag).changes > 0
    );
  }

  /** Tags in order of their bytes, after one. */
  tags(repository: string, after: string, limit: number): string[] {
    return this.#db
      .prepare('SELECT tag FROM registry_tags WHERE repository = ? AND tag > ? ORDER BY tag LIMIT ?')
      .all(repository, after, limit)
      .map((row) => String(row['tag']));
  }

  hasRepository(repository: string): boolean {
    const row = this.#db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM registry_manifests WHERE repository = ?1)
             OR EXISTS (SELECT 1 FROM registry_blobs WHERE repository = ?1)
             OR EXISTS (SELECT 1 FROM registry_uploads WHERE repository = ?1) AS found`,
      )
      .get(repository);
    return row?.['found'] === 1;
  }

  /** Repositories with manifests, in order of their bytes, after one. */
  repositories(after: string, limit: number): string[] {
    return this.#db
      .prepare('SELECT DISTINCT repository FROM registry_manifests WHERE repository > ? ORDER BY repository LIMIT ?')
      .all(after, limit)
      .map((row) => String(row['repository']));
  }
}

function toBlob(row: Row): RegistryBlobRow {
  return {
    digest: String(row['digest']),
    blob: String(row['blob']),
    size: Number(row['size']),
    touchedMs: Number(row['touched_ms']),
  };
}

function toManifest(row: Row): RegistryManifestRow {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]));
  const annotations = text('annotations');
  return {
    ...toBlob(row),
    mediaType: String(row['media_type']),
    subject: text('subject'),
    artifactType: text('artifact_type'),
    annotations: annotations === undefined ? undefined : (JSON.parse(annotations) as Record<string, string>),
  };
}
