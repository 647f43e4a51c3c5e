import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import { openEngineFixture, request } from '../../lib/engine-fixture.ts';

test('a start that cannot work says why, leaves the container as it was, and can be repeated', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const cases: [ContainerCreateRequest, RegExp, number][] = [
    [request(['nope']), /exec: "nope": executable file not found in \$PATH$/, 127],
    [request(['/opt/nope']), /exec: "\/opt\/nope": stat \/opt\/nope: no such file or directory$/, 127],
    [request(['/opt/plain']), /exec: "\/opt\/plain": permission denied$/, 126],
    [request(['/opt']), /exec: "\/opt": (is a directory|permission denied)/, 126],
    [request(['/opt/no-interpreter']), /interpreter "\/no\/such\/shell" does not exist/, 127],
    [request(['/opt/crlf']), /CR LF/, 127],
    [request(['/opt/garbage']), /exec format error/, 126],
    [request(['sh'], { User: 'ghost' }), /unable to find user ghost: no matching entries in passwd file/, 128],
  ];
  for (const [create, message, code] of cases) {
    const { Id } = await containers.create(create);
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(containers.start(Id), (error: Error) => message.test(error.message), String(message));
      const { State } = await containers.inspect(Id);
      assert.deepEqual([State.Status, State.ExitCode, State.Pid], ['created', code, 0], String(message));
      assert.match(State.Error, message);
    }
    await containers.remove(Id);
  }
});

test('a failed start with --rm leaves no container', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(['nope'], { HostConfig: { AutoRemove: true } }));
  const { done } = await containers.wait(Id, 'removed');
  const attached = await containers.attach(Id, { stream: true, stdout: true });
  await assert.rejects(containers.start(Id), /executable file not found/);
  await done;
  for await (const _chunk of attached.stream) assert.fail('there is no output');
  assert.deepEqual(await containers.list({ all: true }), []);
});

test('binds of missing or wrong sources are refused and named', async () => {
  await using fixture = await openEngineFixture();
  const { core, scratch } = fixture;
  const { containers } = core;
  const folder = join(scratch, 'folder');
  mkdirSync(folder);
  writeFileSync(join(scratch, 'file'), 'x');
  await assert.rejects(
    containers.create(
      request(['true'], { HostConfig: { Mounts: [{ Type: 'bind', Source: join(scratch, 'none'), Target: '/x' }] } }),
    ),
    /bind source path does not exist/,
  );
  const over = await containers.create(request(['true'], { HostConfig: { Binds: [`${folder}:/etc/passwd`] } }));
  await assert.rejects(containers.start(over.Id), /not a directory|Are you trying to mount a directory onto a file/i);
  const noexec = await containers.create(
    request(['/t/sh'], { HostConfig: { Tmpfs: { '/t': '' }, Binds: ['/bin/busybox:/t/sh:ro'] } }),
  );
  await containers.start(noexec.Id).catch(() => undefined);
});
