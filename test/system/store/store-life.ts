/**
 * A program that does a bit of everything with a store: arguments are root, archive of a layer, container id and name of the
 * image it makes. Tests kill it.
 */
import { createReadStream } from 'node:fs';
import { openDatabase } from '#store/metadata/database.ts';
import { STORE_SCHEMA } from '#store/metadata/schema.ts';
import { openStore } from '#store/open-store.ts';

const [root = '', tar = '', box = '', child = 'child'] = process.argv.slice(2);
const db = openDatabase(root, [STORE_SCHEMA]);
const store = openStore({ root, db, driver: 'overlay' });
await store.importRootfs(createReadStream(tar), { reference: 'base' });
await store.snapshots.prepare(box, store.images.resolve('base'));
await store.commit(box, { reference: child, config: {} });
await store.snapshots.remove(box);
await store.removeImage(child, () => []);
await store.close();
db.close();
