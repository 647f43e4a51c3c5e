import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAPABILITIES } from '#spec/capabilities.ts';
import { DEFAULT_CAPABILITIES, effectiveCapabilities } from './capabilities.ts';

const of = (add: string[], drop: string[], privileged = false) => effectiveCapabilities({ add, drop, privileged });

test('effectiveCapabilities() gives the defaults when nobody asks', () => {
  assert.deepEqual(of([], []), DEFAULT_CAPABILITIES);
});

test('effectiveCapabilities() adds and drops by name with or without CAP_, in any case', () => {
  const set = of(['net_admin', 'CAP_SYS_TIME'], ['mknod', 'CAP_KILL']);
  assert.ok(set.includes('CAP_NET_ADMIN') && set.includes('CAP_SYS_TIME'));
  assert.ok(!set.includes('CAP_MKNOD') && !set.includes('CAP_KILL'));
});

test('effectiveCapabilities() understands ALL on both sides', () => {
  assert.deepEqual(of([], ['ALL']), []);
  assert.deepEqual(of(['CHOWN'], ['all']), ['CAP_CHOWN']);
  assert.equal(of(['ALL'], ['CAP_SYS_ADMIN']).length, CAPABILITIES.length - 1);
  assert.equal(of([], ['ALL'], true).length, CAPABILITIES.length);
});

test('effectiveCapabilities() refuses an unknown name', () => {
  assert.throws(() => of(['FLY'], []), { kind: 'invalid', message: 'invalid CapAdd: unknown capability: "FLY"' });
});
