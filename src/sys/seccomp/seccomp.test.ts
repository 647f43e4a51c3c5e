import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LinuxSeccomp } from '#spec/oci-runtime/config.ts';
import { actionValue, flagBits } from './actions.ts';
import { cacheKey, readCached, writeCached } from './filter-cache.ts';
import { installedLibseccomp } from './libseccomp.ts';
import { rulesOf } from './rules.ts';
import { answerNewerCalls } from './unknown-calls.ts';

const config = (more: Partial<LinuxSeccomp>): LinuxSeccomp => ({ defaultAction: 'SCMP_ACT_ERRNO', ...more });

test('actionValue() puts the errno into ERRNO and TRACE, EPERM when absent', () => {
  assert.equal(actionValue('SCMP_ACT_ERRNO', undefined), 0x50001);
  assert.equal(actionValue('SCMP_ACT_ERRNO', 38), 0x50026);
  assert.equal(actionValue('SCMP_ACT_TRACE', 7), 0x7ff00007);
  assert.equal(actionValue('SCMP_ACT_KILL_PROCESS', undefined), 0x80000000);
  assert.throws(() => actionValue('SCMP_ACT_ALLOW', 1), /takes none/);
  assert.throws(() => actionValue('SCMP_ACT_ERRNO', 5000), /out of range/);
  assert.throws(() => actionValue('SCMP_ACT_X' as 'SCMP_ACT_LOG', undefined), /unknown action "SCMP_ACT_X"/);
});

test('flagBits() adds the listener flag, and what TSYNC needs beside it', () => {
  assert.equal(flagBits(['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'], false), 6);
  assert.equal(flagBits(['SECCOMP_FILTER_FLAG_TSYNC'], true), 1 | 8 | 16);
  assert.equal(flagBits(['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], true), 8 | 32);
  assert.throws(() => flagBits(['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], false), /needs a rule with SCMP_ACT_NOTIFY/);
});

test('rulesOf() leaves out rules that say what the default says', () => {
  const { rules } = rulesOf(
    config({
      syscalls: [
        { names: ['a'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
        { names: ['b', 'c'], action: 'SCMP_ACT_ERRNO', errnoRet: 2 },
      ],
    }),
  );
  assert.deepEqual(
    rules.map(({ name, action }) => [name, action]),
    [
      ['b', 0x50002],
      ['c', 0x50002],
    ],
  );
});

test('rulesOf() makes alternatives of several conditions on one argument and keeps others together', () => {
  const arg = (index: number, value: number | bigint): object => ({ index, value, op: 'SCMP_CMP_EQ' });
  const rulesFor = (...args: object[]): number[] =>
    rulesOf(config({ syscalls: [{ names: ['a'], action: 'SCMP_ACT_ALLOW', args: args as never }] })).rules.map(
      ({ conditions }) => conditions.length,
    );
  assert.deepEqual(rulesFor(arg(0, 1), arg(1, 2)), [2]);
  assert.deepEqual(rulesFor(arg(0, 1), arg(0, 2), arg(1, 2)), [1, 1, 1]);
  assert.throws(() => rulesFor(arg(6, 1)), /index 6/);
  assert.throws(() => rulesFor(arg(0, -1)), /not an unsigned 64-bit/);
  assert.deepEqual(rulesFor(arg(0, 0xffff_ffff_ffff_ffffn)), [1]);
});

test('rulesOf() refuses notify where it cannot work', () => {
  assert.throws(() => rulesOf(config({ defaultAction: 'SCMP_ACT_NOTIFY' })), /cannot be the default/);
  const notify = (name: string, more = {}): (() => unknown) => {
    return () => rulesOf(config({ syscalls: [{ names: [name], action: 'SCMP_ACT_NOTIFY' }], ...more }));
  };
  assert.throws(notify('write', { listenerPath: '/x' }), /cannot be used for the write syscall/);
  assert.throws(notify('mkdir'), /listenerPath is not set/);
  assert.equal(notify('mkdir', { listenerPath: '/x' }) instanceof Function, true);
  assert.throws(() => rulesOf(config({ syscalls: [{ names: [], action: 'SCMP_ACT_ALLOW' }] })), /names no system call/);
});

test('answerNewerCalls() puts one block per table before the filter', () => {
  const filter = new Uint8Array([6, 0, 0, 0, 0, 0, 255, 127]);
  const plain = answerNewerCalls(filter, [{ auditArch: 0xc00000b7, highest: 450 }]);
  assert.equal(plain.length, 5 * 8 + 8);
  assert.deepEqual(plain.slice(-8), filter);
  // jt 0, jf 3: over load, test and return
  assert.deepEqual([...plain.slice(8, 16)], [0x15, 0, 0, 3, 0xb7, 0, 0, 0xc0]);
  const two = answerNewerCalls(filter, [{ auditArch: 0xc000003e, highest: 450, below: 0x40000000 }]);
  assert.equal(two.length, 6 * 8 + 8);
});

test('filter cache keeps what it was given and takes nothing damaged', () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-seccomp-'));
  try {
    const key = cacheKey({ a: 1n });
    assert.notEqual(key, cacheKey({ a: 2n }));
    const cache = join(directory, 'new');
    assert.equal(readCached(cache, key), undefined);
    writeCached(cache, key, new Uint8Array([1, 2, 3]));
    assert.deepEqual(readCached(cache, key), new Uint8Array([1, 2, 3]));
    assert.deepEqual(readdirSync(cache), [key]);
    const bytes = readFileSync(join(cache, key));
    for (const damaged of [bytes.subarray(0, -1), Buffer.concat([bytes, bytes]), Buffer.alloc(0), bytes.fill(7, 42)]) {
      writeFileSync(join(cache, key), damaged);
      assert.equal(readCached(cache, key), undefined);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('installedLibseccomp() is undefined where there is none', () => {
  assert.equal(installedLibseccomp(['/nonexistent', '/dev/null']), undefined);
});
