import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Descriptor } from '#spec/oci-image/manifest.ts';
import { fittingEntries } from './choose-platform.ts';

const entry = (text?: string): Descriptor => {
  const [os = '', architecture = '', variant] = (text ?? '').split('/');
  const platform = text === undefined ? undefined : { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return { mediaType: 'm', digest: text ?? 'none', size: 1, ...(platform === undefined ? {} : { platform }) };
};
const order = (wanted: string, ...entries: (string | undefined)[]) => {
  const [os = '', architecture = '', variant] = wanted.split('/');
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return fittingEntries(entries.map(entry), platform).map(({ digest }) => digest);
};

test('fittingEntries() takes the same platform first, and leaves out others', () => {
  assert.deepEqual(order('linux/amd64', 'windows/amd64', 'linux/386', 'linux/amd64/v2', 'linux/amd64'), [
    'linux/amd64',
    'linux/amd64/v2',
  ]);
  assert.deepEqual(order('linux/arm64/v8', 'linux/arm/v7', 'linux/arm64', 'linux/arm64/v8'), [
    'linux/arm64/v8',
    'linux/arm64',
    'linux/arm/v7',
  ]);
});

test('fittingEntries() knows which ARM runs programs of which', () => {
  assert.deepEqual(order('linux/arm/v7', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm/v8'), [
    'linux/arm/v6',
    'linux/arm/v5',
  ]);
  assert.deepEqual(order('linux/arm/v6', 'linux/arm/v7'), []);
});

test('fittingEntries() takes an entry without a platform after those that fit', () => {
  assert.deepEqual(order('linux/amd64', undefined, 'linux/amd64'), ['linux/amd64', 'none']);
  assert.deepEqual(order('linux/arm64/v8', 'linux/arm/v7', undefined), ['none', 'linux/arm/v7']);
});
