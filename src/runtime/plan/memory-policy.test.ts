import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinuxMemoryPolicy } from '#spec/oci-runtime/config.ts';
import { Draft } from './draft.ts';
import { planMemoryPolicy } from './memory-policy.ts';

function opsOf(policy: LinuxMemoryPolicy | undefined) {
  const draft = new Draft();
  planMemoryPolicy(draft, policy);
  return draft.ops;
}

test('planMemoryPolicy() puts mode and flags into one number', () => {
  assert.deepEqual(opsOf(undefined), []);
  assert.deepEqual(opsOf({ mode: 'MPOL_BIND', nodes: '0,2-3', flags: ['MPOL_F_STATIC_NODES'] }), [
    { side: 'child', op: 'memory-policy', mode: 2 | (1 << 15), nodes: [0, 2, 3] },
  ]);
});

test('planMemoryPolicy() refuses what is no policy, with the words that runc has for it', () => {
  const cases: readonly (readonly [LinuxMemoryPolicy, RegExp])[] = [
    [{}, /invalid memory policy mode ""/],
    [{ mode: 'toString' }, /invalid memory policy mode "toString"/],
    [{ mode: 'MPOL_BIND', nodes: '0', flags: ['F'] }, /invalid memory policy flag "F"/],
    [{ mode: 'MPOL_BIND', nodes: '0-9876543210' }, /invalid memory policy node list/],
    [{ mode: 'MPOL_INTERLEAVE' }, /MPOL_INTERLEAVE mode requires nodes/],
    [{ mode: 'MPOL_LOCAL', nodes: '0-7' }, /requires 0 nodes but got 8/],
  ];
  for (const [policy, message] of cases) assert.throws(() => opsOf(policy), { kind: 'invalid', message });
});
