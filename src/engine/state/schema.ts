/**
 * Tables of containers and execs, one entry per version; see `openDatabase`.
 *
 * `lock` of a container is the holder's token (see process-token.ts) while some process changes it; a dead holder's token
 * counts as free. `starts` and `exits` count completed starts and exits, so that a waiter can tell one run from the next.
 */
export const ENGINE_SCHEMA = {
  name: 'engine',
  versions: [
    `
    CREATE TABLE containers (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      created_ns INTEGER NOT NULL,
      image_id TEXT NOT NULL,
      spec TEXT NOT NULL,
      host_config TEXT NOT NULL,
      status TEXT NOT NULL,
      lock TEXT,
      boot_id TEXT NOT NULL DEFAULT '',
      pid INTEGER NOT NULL DEFAULT 0,
      pid_start TEXT NOT NULL DEFAULT '',
      keeper_pid INTEGER NOT NULL DEFAULT 0,
      keeper_start TEXT NOT NULL DEFAULT '',
      exit_code INTEGER NOT NULL DEFAULT 0,
      oom_killed INTEGER NOT NULL DEFAULT 0,
      error TEXT NOT NULL DEFAULT '',
      started_at TEXT NOT NULL DEFAULT '',
      finished_at TEXT NOT NULL DEFAULT '',
      starts INTEGER NOT NULL DEFAULT 0,
      exits INTEGER NOT NULL DEFAULT 0,
      restart_count INTEGER NOT NULL DEFAULT 0,
      restart_delay_ms INTEGER NOT NULL DEFAULT 0,
      restart_at_ms INTEGER NOT NULL DEFAULT 0,
      restarter TEXT NOT NULL DEFAULT '',
      stopped_by_user INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX containers_status ON containers(status);
    CREATE INDEX containers_image ON containers(image_id);
    CREATE TABLE execs (
      id TEXT PRIMARY KEY,
      container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
      config TEXT NOT NULL,
      status TEXT NOT NULL,
      pid INTEGER NOT NULL DEFAULT 0,
      keeper_pid INTEGER NOT NULL DEFAULT 0,
      keeper_start TEXT NOT NULL DEFAULT '',
      exit_code INTEGER,
      finished_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX execs_container ON execs(container_id);
    CREATE TABLE volumes (
      name TEXT PRIMARY KEY,
      created_ns INTEGER NOT NULL,
      container_id TEXT NOT NULL
    ) STRICT;
    `,
    "ALTER TABLE containers ADD COLUMN health TEXT NOT NULL DEFAULT ''",
  ],
} as const;
