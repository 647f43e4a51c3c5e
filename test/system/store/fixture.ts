import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Database, openDatabase } from '#store/metadata/database.ts';
import { STORE_SCHEMA } from '#store/metadata/schema.ts';
import { openStore, type Store } from '#store/open-store.ts';

export interface Fixture extends AsyncDisposable {
  readonly root: string;
  /** Scratch folder beside the root. */
  readonly scratch: string;
  readonly db: Database;
  readonly store: Store;
  /** Another opening of the same root, as another process would have. Closed with the fixture. */
  reopen(): Store;
}

/** A store in a root of its own that vanishes with it. */
export function openFixture(driver?: 'overlay' | 'vfs'): Fixture {
  const base = mkdtempSync(join(tmpdir(), 'berth-store-'));
  const root = join(base, 'root');
  const scratch = join(base, 'scratch');
  mkdirSync(scratch);
  const opened: { db: Database; store: Store }[] = [];
  const open = () => {
    const db = openDatabase(root, [STORE_SCHEMA]);
    const store = openStore({ root, db, ...(driver === undefined ? {} : { driver }) });
    opened.push({ db, store });
    return { db, store };
  };
  const { db, store } = open();
  return {
    root,
    scratch,
    db,
    store,
    reopen: () => open().store,
    [Symbol.asyncDispose]: async () => {
      for (const { db, store } of opened) {
        await store.close();
        db.close();
      }
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** A tar of files made by GNU tar in a scratch folder. */
export function tarOf(folder: string, ...flags: string[]): Buffer {
  return execFileSync('tar', ['-C', folder, '-c', '--numeric-owner', '--format=pax', ...flags, '.'], {
    maxBuffer: 1 << 30,
  });
}

/** Writes files given as path to content. */
export function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

export function streamOf(bytes: Uint8Array): Readable {
  return Readable.from([bytes], { objectMode: false });
}
