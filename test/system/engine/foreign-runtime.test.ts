import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openEngineFixture, request, run, split } from '../../lib/engine-fixture.ts';

const INSTALLED: [string, string][] = [
  ['crun', '/usr/bin/crun'],
  ['runc', '/usr/sbin/runc'],
];

/** crun does not run beside a v2 tree that has controllers while v1 is in use. */
function refusesHybrid(runtime: string): boolean {
  const unified = '/sys/fs/cgroup/unified/cgroup.controllers';
  return runtime === 'crun' && existsSync(unified) && readFileSync(unified, 'utf8').trim() !== '';
}

function reasonToSkip(runtime: string, path: string): string | false {
  if (!existsSync(path)) return `${runtime} is not installed`;
  return refusesHybrid(runtime) ? `${runtime} refuses control groups in hybrid mode` : false;
}

for (const [runtime, path] of INSTALLED) {
  const skip = reasonToSkip(runtime, path);
  test(`a container runs, is signalled, paused, entered and removed under ${runtime}`, { skip }, async () => {
    await using fixture = await openEngineFixture();
    const { core } = fixture;
    const HostConfig = { Runtime: runtime };
    const short = await run(core, request(['sh', '-c', 'echo out; echo err >&2; exit 3'], { HostConfig }));
    assert.deepEqual([short.code, short.stdout, short.stderr], [3, 'out\n', 'err\n']);
    const piped = await run(core, request(['cat'], { HostConfig: { Runtime: path, AutoRemove: true } }), 'input');
    assert.equal(piped.stdout, 'input');
    const tty = await run(core, request(['tty'], { HostConfig, Tty: true }));
    assert.equal(tty.stdout, '/dev/pts/0\r\n');
    const { Id } = await core.containers.create(request(['sleep', '1000'], { HostConfig }));
    await core.containers.start(Id);
    const exec = await core.execs.create(Id, { Cmd: ['cat', '/proc/1/cmdline'], AttachStdout: true });
    const { stream } = await core.execs.start(exec.Id, {});
    const chunks: Buffer[] = [];
    for await (const chunk of stream ?? []) chunks.push(chunk);
    assert.equal(split(Buffer.concat(chunks)).stdout, 'sleep\x001000\0');
    await core.containers.pause(Id);
    await core.containers.unpause(Id);
    await core.containers.stop(Id, { timeout: 0 });
    assert.equal((await core.containers.inspect(Id)).State.ExitCode, 137);
  });

  test(`a program that ${runtime} cannot find fails the start with 127`, { skip }, async () => {
    await using fixture = await openEngineFixture();
    const { containers } = fixture.core;
    const { Id } = await containers.create(request(['nope'], { HostConfig: { Runtime: runtime } }));
    await assert.rejects(containers.start(Id), /executable file .*not found/);
    const { State } = await containers.inspect(Id);
    assert.deepEqual([State.Status, State.ExitCode], ['created', 127]);
  });
}

test('a runtime that is not installed is named', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(['true'], { HostConfig: { Runtime: '/no/such/runtime' } }));
  await assert.rejects(containers.start(Id), /\/no\/such\/runtime/);
  assert.equal((await containers.inspect(Id)).State.Status, 'created');
});
