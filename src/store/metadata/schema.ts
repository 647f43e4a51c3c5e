/**
 * Tables of images, layers, blobs and container file systems, one entry per version; see `openDatabase`.
 *
 * Every file below `blobs/` and every directory below `layers/` and `containers/` that the store made belongs to a row; what
 * has none is garbage. A lease keeps what it names alive while its owner (a process token) lives. A download is a blob that has
 * not all come yet, and stays for a later try when its owner is gone. Manifests are what registries had for an image; a packed layer
 * is what a blob that is not compressed becomes on its way to a registry. A pin keeps a blob for somebody outside the store.
 */
export const STORE_SCHEMA = {
  name: 'store',
  versions: [
    `
    CREATE TABLE blobs (
      digest TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE layers (
      chain_id TEXT PRIMARY KEY,
      parent TEXT REFERENCES layers(chain_id),
      diff_id TEXT NOT NULL,
      blob TEXT NOT NULL,
      media_type TEXT NOT NULL,
      driver TEXT NOT NULL,
      size INTEGER NOT NULL,
      created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX layers_blob ON layers(blob);
    CREATE TABLE images (
      id TEXT PRIMARY KEY,
      config TEXT NOT NULL,
      parent TEXT NOT NULL,
      top_layer TEXT REFERENCES layers(chain_id),
      size INTEGER NOT NULL,
      stored_ms INTEGER NOT NULL,
      tagged_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX images_top_layer ON images(top_layer);
    CREATE TABLE image_names (
      name TEXT PRIMARY KEY,
      image_id TEXT NOT NULL REFERENCES images(id)
    ) STRICT;
    CREATE INDEX image_names_image ON image_names(image_id);
    CREATE TABLE snapshots (
      container_id TEXT PRIMARY KEY,
      image_id TEXT NOT NULL,
      top_layer TEXT REFERENCES layers(chain_id),
      driver TEXT NOT NULL,
      created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX snapshots_image ON snapshots(image_id);
    CREATE INDEX snapshots_top_layer ON snapshots(top_layer);
    CREATE TABLE leases (
      id TEXT PRIMARY KEY,
      owner TEXT NOT NULL
    ) STRICT;
    CREATE TABLE lease_items (
      lease_id TEXT NOT NULL REFERENCES leases(id) ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('blob', 'layer')),
      key TEXT NOT NULL,
      PRIMARY KEY (lease_id, kind, key)
    ) STRICT, WITHOUT ROWID;
    `,
    `
    CREATE TABLE downloads (
      digest TEXT PRIMARY KEY,
      owner TEXT NOT NULL,
      size INTEGER NOT NULL,
      touched_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE manifests (
      image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
      digest TEXT NOT NULL,
      media_type TEXT NOT NULL,
      PRIMARY KEY (image_id, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE packed_layers (
      blob TEXT PRIMARY KEY,
      packed_digest TEXT NOT NULL,
      packed_size INTEGER NOT NULL
    ) STRICT;
    `,
    `
    CREATE TABLE pins (
      blob TEXT NOT NULL,
      owner TEXT NOT NULL,
      PRIMARY KEY (blob, owner)
    ) STRICT, WITHOUT ROWID;
    `,
    `
    CREATE TABLE image_platforms (
      name TEXT NOT NULL,
      platform TEXT NOT NULL,
      list TEXT NOT NULL,
      image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
      PRIMARY KEY (name, platform)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_platforms_image ON image_platforms(image_id);
    `,
  ],
} as const;
