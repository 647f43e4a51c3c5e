import assert from 'node:assert/strict';
import { test } from 'node:test';
import { architectures, parseOsRelease } from './host-info.ts';

test('parseOsRelease() reads quoted and plain values', () => {
  const text =
    '# comment\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID=\'12\'\nID=debian\nX="a \\"b\\" \\$c"\nbad line\n';
  assert.deepEqual(parseOsRelease(text), {
    PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm)',
    VERSION_ID: '12',
    ID: 'debian',
    X: 'a "b" $c',
  });
});

test("architectures() names the machine in the kernel's and in Go's words", () => {
  assert.deepEqual(architectures('x64'), { kernel: 'x86_64', image: 'amd64' });
  assert.deepEqual(architectures('arm64'), { kernel: 'aarch64', image: 'arm64' });
});
