import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicationBatch, removalBatch, rulesetBatch } from './ruleset.ts';

const NAMES = { root: '/var/lib/berth', table: 'berth', exit: 'berth-out', entry: 'berth-in' };

/** Types of nfnetlink messages, without the subsystem. */
const typesOf = (batch: readonly Buffer[]) => batch.map((message) => message.readUInt16LE(4) & 0xff);

test('rulesetBatch() replaces both tables in one transaction', () => {
  const batch = rulesetBatch(
    { names: NAMES, exitIndex: 7, mark: 9, loopbackV6: true },
    { networks: [], publications: [] },
  );
  const types = typesOf(batch);
  assert.equal(types[0], 16, 'begins');
  assert.equal(types.at(-1), 17, 'ends');
  assert.deepEqual(types.slice(1, 4), [0, 2, 0], 'a new table to delete, then the new one');
  assert.equal(types.filter((type) => type === 2).length, 2, 'for both families');
  for (const message of batch) assert.equal(message.readUInt32LE(0), message.length);
});

test('rulesetBatch() names the same sets in chains as it makes', () => {
  const text = Buffer.concat(
    rulesetBatch({ names: NAMES, exitIndex: 7, mark: 9, loopbackV6: false }, { networks: [], publications: [] }),
  ).toString('latin1');
  for (const set of ['bridges', 'subnets', 'guarded', 'open', 'reachable', 'ranges', 'ports', 'trusted', 'apart'])
    assert.ok(text.split(`${set}\0`).length > 2, `${set} is made and used`);
});

test('removalBatch() can be asked for when there is nothing', () => {
  assert.deepEqual(typesOf(removalBatch(NAMES)), [16, 0, 2, 0, 2, 17]);
});

test('publicationBatch() is empty when nothing is published', () => {
  assert.deepEqual(publicationBatch(NAMES, [], 'add'), []);
});
