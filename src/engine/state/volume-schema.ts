/**
 * Tables of volumes, beside the `volumes` table that the engine's first version made. `directory` is the name of the volume's
 * directory: another one than the volume's only while a rename is under way. `status` is `ready` or `removing`, with the
 * remover's token in `remover`. `labels` and `options` are JSON, `null` when nothing was said.
 * A container uses a volume, and an image that it mounts, from its creation to its removal.
 */
export const VOLUME_SCHEMA = {
  name: 'volumes',
  versions: [
    `
    ALTER TABLE volumes ADD COLUMN labels TEXT NOT NULL DEFAULT 'null';
    ALTER TABLE volumes ADD COLUMN options TEXT NOT NULL DEFAULT 'null';
    ALTER TABLE volumes ADD COLUMN directory TEXT NOT NULL DEFAULT '';
    ALTER TABLE volumes ADD COLUMN status TEXT NOT NULL DEFAULT 'ready';
    ALTER TABLE volumes ADD COLUMN remover TEXT NOT NULL DEFAULT '';
    UPDATE volumes SET directory = name, labels = '{"com.docker.volume.anonymous":""}';
    CREATE TABLE volume_users (
      volume TEXT NOT NULL,
      container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
      PRIMARY KEY (volume, container_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX volume_users_container ON volume_users(container_id);
    CREATE TABLE image_mounts (
      image_id TEXT NOT NULL,
      container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
      PRIMARY KEY (image_id, container_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_mounts_container ON image_mounts(container_id);
    INSERT OR IGNORE INTO volume_users
      SELECT json_extract(mount.value, '$.name'), containers.id FROM containers, json_each(containers.spec, '$.mounts') AS mount
      WHERE json_extract(mount.value, '$.type') = 'volume';
    `,
  ],
} as const;
