import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GrowthFailed, GrowthWriter, shareGrowth, takeGrowing } from './growth.ts';

test('takeGrowing() gives each file to one reader, who sees it grow to its end', async () => {
  const shared = shareGrowth();
  const writer = new GrowthWriter(shared);
  const first = takeGrowing(shared);
  writer.begin(7);
  const file = await first;
  assert.equal(file?.name, 7);
  const grown = file.beyond(0);
  writer.grow(100);
  assert.equal(await grown, 100);
  const second = takeGrowing(shared);
  const end = file.beyond(100);
  writer.complete();
  assert.equal(await end, 100, 'no more than was known is the end');
  writer.begin(9);
  assert.equal((await second)?.name, 9);
  writer.complete();
  writer.end(false);
  assert.equal(await takeGrowing(shared), undefined);
});

test('takeGrowing() and its files reject when the writer breaks off', async () => {
  const shared = shareGrowth();
  const writer = new GrowthWriter(shared);
  writer.begin(0);
  const file = await takeGrowing(shared);
  const more = file!.beyond(0);
  const next = takeGrowing(shared);
  writer.end(true);
  await assert.rejects(more, GrowthFailed);
  await assert.rejects(next, GrowthFailed);
});

test('GrowthWriter does not tell of more files than there is room for', () => {
  const writer = new GrowthWriter(shareGrowth());
  const told = Array.from({ length: 300 }, (_, name) => writer.begin(name)).filter(Boolean);
  assert.equal(told.length, 256);
});
