/**
 * Tables of the registry that Berth serves. A repository is there as long as something is in it. `digest` is what clients ask for,
 * of any algorithm that is known; `blob` is the sha256 digest under which the store has the bytes. What a repository has is pinned in
 * the store by triggers, so that no code can forget it. `registry_needs` says which blobs and manifests a manifest lists.
 * An upload's bytes are the file of its id; how many have come is the file's length.
 */
export const REGISTRY_SCHEMA = {
  name: 'registry',
  versions: [
    `
    CREATE TABLE registry_blobs (
      repository TEXT NOT NULL,
      digest TEXT NOT NULL,
      blob TEXT NOT NULL,
      size INTEGER NOT NULL,
      touched_ms INTEGER NOT NULL,
      PRIMARY KEY (repository, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_blobs_digest ON registry_blobs(digest);
    CREATE TABLE registry_manifests (
      repository TEXT NOT NULL,
      digest TEXT NOT NULL,
      blob TEXT NOT NULL,
      size INTEGER NOT NULL,
      media_type TEXT NOT NULL,
      subject TEXT,
      artifact_type TEXT,
      annotations TEXT,
      touched_ms INTEGER NOT NULL,
      PRIMARY KEY (repository, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_manifests_subject ON registry_manifests(repository, subject) WHERE subject IS NOT NULL;
    CREATE TABLE registry_needs (
      repository TEXT NOT NULL,
      manifest TEXT NOT NULL,
      digest TEXT NOT NULL,
      PRIMARY KEY (repository, manifest, digest),
      FOREIGN KEY (repository, manifest) REFERENCES registry_manifests(repository, digest) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_needs_digest ON registry_needs(repository, digest);
    CREATE TABLE registry_tags (
      repository TEXT NOT NULL,
      tag TEXT NOT NULL,
      digest TEXT NOT NULL,
      checked_ms INTEGER NOT NULL,
      PRIMARY KEY (repository, tag),
      FOREIGN KEY (repository, digest) REFERENCES registry_manifests(repository, digest) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_tags_digest ON registry_tags(repository, digest);
    CREATE TABLE registry_uploads (
      id TEXT PRIMARY KEY,
      repository TEXT NOT NULL,
      touched_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER registry_blob_pin AFTER INSERT ON registry_blobs BEGIN
      INSERT OR IGNORE INTO pins VALUES (new.blob, 'registry blob ' || new.repository || '@' || new.digest);
    END;
    CREATE TRIGGER registry_blob_unpin AFTER DELETE ON registry_blobs BEGIN
      DELETE FROM pins WHERE blob = old.blob AND owner = 'registry blob ' || old.repository || '@' || old.digest;
    END;
    CREATE TRIGGER registry_manifest_pin AFTER INSERT ON registry_manifests BEGIN
      INSERT OR IGNORE INTO pins VALUES (new.blob, 'registry manifest ' || new.repository || '@' || new.digest);
    END;
    CREATE TRIGGER registry_manifest_unpin AFTER DELETE ON registry_manifests BEGIN
      DELETE FROM pins WHERE blob = old.blob AND owner = 'registry manifest ' || old.repository || '@' || old.digest;
    END;
    `,
  ],
} as const;
