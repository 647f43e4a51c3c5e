import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CountedVolume } from '../state/volume-table.ts';
import { listFilter, pruneFilter } from './list-volumes.ts';

const volume = (name: string, users = 0, labels: CountedVolume['labels'] = null): CountedVolume => ({
  name,
  users,
  labels,
  options: null,
  createdNs: 0n,
  directory: name,
  status: 'ready',
  remover: '',
});
const all = [volume('free'), volume('used', 2, { a: '1', b: '' }), { ...volume('going'), status: 'removing' as const }];
const names = (filter: (each: CountedVolume) => boolean) => all.filter(filter).map(({ name }) => name);

test('listFilter() knows dangling, driver, label and name, and never shows what is being removed', () => {
  assert.deepEqual(names(listFilter({})), ['free', 'used']);
  assert.deepEqual(names(listFilter({ dangling: ['true'] })), ['free']);
  assert.deepEqual(names(listFilter({ dangling: ['0'] })), ['used']);
  assert.deepEqual(names(listFilter({ label: ['a=1', 'b'] })), ['used']);
  assert.deepEqual(names(listFilter({ name: ['s.d', '^x'] })), ['used']);
  assert.deepEqual(names(listFilter({ name: ['['] })), []);
  assert.deepEqual(names(listFilter({ driver: ['x', 'local'] })), ['free', 'used']);
  assert.throws(() => listFilter({ dangling: ['maybe'] }), { message: "invalid filter 'dangling=[maybe]'" });
  assert.throws(() => listFilter({ until: ['1h'] }), { message: "invalid filter 'until'" });
});

test('pruneFilter() takes unused anonymous volumes, with all named ones too', () => {
  const isAnonymous = ({ name }: CountedVolume) => name !== 'free';
  assert.deepEqual(names(pruneFilter({}, isAnonymous)), []);
  assert.deepEqual(names(pruneFilter({ all: ['1'] }, isAnonymous)), ['free']);
  assert.deepEqual(names(pruneFilter({ all: ['1'], 'label!': ['a'] }, isAnonymous)), ['free']);
  assert.deepEqual(names(pruneFilter({ all: ['1'], label: ['a'] }, isAnonymous)), []);
  assert.throws(() => pruneFilter({ all: ['x'] }, isAnonymous), { message: "invalid filter 'all=[x]'" });
});
