import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { runCliWith } from '../../test/lib/run-cli.ts';

const broken = (code: string) =>
  new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(`${code}: it broke`), { code }));
    },
  });

const listed = async () => ({ status: 200, headers: {}, body: { kind: 'json', value: [] } as const });

test('runCli() ends as by SIGPIPE, and silently, when nobody reads its output', async () => {
  const { status, stderr } = await runCliWith(listed, ['ps'], { stdout: broken('EPIPE') });
  assert.equal(status, 141);
  assert.equal(stderr, '');
});

test('runCli() says why its output could not be written', async () => {
  const { status, stderr } = await runCliWith(listed, ['ps'], { stdout: broken('ENOSPC') });
  assert.equal(status, 1);
  assert.equal(stderr, 'write /dev/stdout: ENOSPC: it broke\n');
});
