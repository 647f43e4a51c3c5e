import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openEngineFixture, request, split } from '../../lib/engine-fixture.ts';

const COMMAND = fileURLToPath(new URL('../../lib/engine-command.ts', import.meta.url));

test('a container started in a chroot has nothing around its root, and exec finds its files', async () => {
  await using fixture = await openEngineFixture();
  const { containers, execs } = fixture.core;
  const mirror = join(fixture.scratch, 'mirror');
  mkdirSync(mirror);
  const { Id } = await containers.create(request(['sleep', '1000']));
  const script = 'mount --rbind / "$1" && exec chroot "$1" "$2" "$3" "$4" start "$5"';
  const words = [mirror, process.execPath, COMMAND, fixture.root, JSON.stringify({ ref: Id })];
  execFileSync('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', ...words], { stdio: 'pipe' });
  const { pid } = await containers.locate(Id);
  const inside = execFileSync('nsenter', [`--mount=/proc/${pid}/ns/mnt`, '/bin/busybox', 'ls', '/srv/data'], {
    encoding: 'utf8',
  });
  assert.equal(inside.trim(), 'seed', 'the root of the mount namespace is the image');
  const { Id: exec } = await execs.create(Id, {
    Cmd: ['cat', '/srv/data/seed'],
    AttachStdout: true,
    AttachStderr: true,
  });
  const { stream } = await execs.start(exec, {});
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  assert.deepEqual(split(Buffer.concat(chunks)), { stdout: 'from the image\n', stderr: '' });
});
