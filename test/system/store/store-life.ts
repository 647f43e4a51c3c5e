/** A program that does a bit of everything with a store: arguments are root, archive of a layer, container id. Tests kill it. */
import { createReadStream } from 'node:fs';
import { openDatabase } from '#store/metadata/database.ts';
import { STORE_SCHEMA } from '#store/metadata/schema.ts';
import { openStore } from '#store/open-store.ts';

const [root, tar, box] = process.argv.slice(-3) as [string, string, string];
const db = openDatabase(root, [STORE_SCHEMA]);
const store = openStore({ root, db, driver: 'overlay' });
await store.importRootfs(createReadStream(tar), { reference: 'base' });
await store.snapshots.prepare(box, store.images.resolve('base'));
await store.commit(box, { reference: 'child', config: {} });
await store.snapshots.remove(box);
await store.removeImage('child', () => []);
await store.close();
db.close();
