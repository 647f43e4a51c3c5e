import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ContentStore } from './content/content-store.ts';
import { Removals } from './removals.ts';
import { FileWorkers } from './worker/file-workers.ts';

function scratch(isDeferred: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'berth-removals-'));
  let count = 0;
  const content = { temporaryPath: () => join(folder, `aside-${count++}`) } as ContentStore;
  const place = join(folder, 'place');
  mkdirSync(join(place, 'deep'), { recursive: true });
  writeFileSync(join(place, 'deep/file'), 'x');
  const removals = new Removals(content, new FileWorkers(), isDeferred);
  return { folder, place, removals, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

test('Removals.moveAside() frees the place at once, delete() deletes before it resolves', async () => {
  using made = scratch(false);
  const aside = made.removals.moveAside(made.place);
  assert.ok(aside !== undefined && existsSync(aside) && !existsSync(made.place));
  await made.removals.delete([aside]);
  assert.deepEqual(readdirSync(made.folder), []);
  assert.equal(made.removals.moveAside(made.place), undefined);
});

test('Removals.delete() of a process that stays deletes later, at its end at the latest', async () => {
  using made = scratch(true);
  const aside = made.removals.moveAside(made.place) ?? '';
  await made.removals.delete([aside]);
  assert.ok(existsSync(aside));
  await made.removals.end();
  assert.deepEqual(readdirSync(made.folder), []);
});
