import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSecurityOptions } from './security-opt.ts';

test('parseSecurityOptions() reads every option', () => {
  assert.deepEqual(parseSecurityOptions(null), {
    seccomp: undefined,
    apparmor: undefined,
    labels: [],
    noNewPrivileges: false,
    writableCgroups: false,
  });
  const all = parseSecurityOptions([
    'no-new-privileges',
    'seccomp={"a":1}',
    'apparmor:mine',
    'label=disable',
    'label=type:t',
  ]);
  assert.deepEqual(
    [all.noNewPrivileges, all.seccomp, all.apparmor, all.labels],
    [true, '{"a":1}', 'mine', ['disable', 'type:t']],
  );
  assert.equal(parseSecurityOptions(['no-new-privileges=false']).noNewPrivileges, false);
  assert.equal(parseSecurityOptions(['seccomp=unconfined']).seccomp, 'unconfined');
  assert.equal(parseSecurityOptions(['seccomp=builtin']).seccomp, undefined);
});

test('parseSecurityOptions() refuses the rest with docker words', () => {
  assert.throws(() => parseSecurityOptions(['x']), { message: 'invalid --security-opt 1: "x"' });
  assert.throws(() => parseSecurityOptions(['x=y']), { message: 'invalid --security-opt 2: "x=y"' });
  assert.throws(() => parseSecurityOptions(['no-new-privileges=maybe']), { message: /invalid --security-opt 2/ });
  assert.throws(() => parseSecurityOptions(['seccomp={']), { message: /^Decoding seccomp profile failed/ });
});
