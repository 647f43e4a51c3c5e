import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilityMasks, capabilityNames, ungrantableCapabilities } from './capabilities.ts';

const all = (1n << 41n) - 1n;

test('capabilityMasks() leaves out what is not there, and ambient ones that could not be inherited', () => {
  const sets = {
    bounding: ['CAP_KILL', 'CAP_SYS_ADMIN', 'CAP_ODD'],
    permitted: ['CAP_KILL', 'CAP_CHOWN'],
    effective: ['CAP_KILL', 'CAP_SYS_ADMIN'],
    inheritable: ['CAP_KILL'],
    ambient: ['CAP_KILL', 'CAP_CHOWN'],
  };
  assert.deepEqual(capabilityMasks(sets, all & ~(1n << 21n)), {
    bounding: 1n << 5n,
    permitted: (1n << 5n) | 1n,
    effective: 1n << 5n,
    inheritable: 1n << 5n,
    ambient: 1n << 5n,
  });
  assert.deepEqual(ungrantableCapabilities(sets, all & ~(1n << 21n)), ['CAP_ODD', 'CAP_CHOWN', 'CAP_SYS_ADMIN']);
});

test('capabilityNames() names the bits in order', () => {
  assert.deepEqual(capabilityNames((1n << 40n) | 1n), ['CAP_CHOWN', 'CAP_CHECKPOINT_RESTORE']);
});
