import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

const SLEEP = ['sleep', '1000'];

test('a container runs, its output and exit code arrive, and it stays until it is removed', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const result = await run(core, request(['sh', '-c', 'echo out; echo err >&2; exit 3']));
  assert.deepEqual([result.code, result.stdout, result.stderr], [3, 'out\n', 'err\n']);
  const { State } = await core.containers.inspect(result.id);
  assert.deepEqual([State.Status, State.ExitCode, State.Running, State.Pid], ['exited', 3, false, 0]);
  await core.containers.remove(result.id);
  await assert.rejects(core.containers.inspect(result.id), {
    kind: 'not-found',
    message: `No such container: ${result.id}`,
  });
});

test('--rm removes the container with its volumes when it ends, and the waiter still learns the exit code', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const result = await run(
    core,
    request(['sh', '-c', 'exit 9'], { Volumes: { '/data': {} }, HostConfig: { AutoRemove: true } }),
  );
  assert.equal(result.code, 9);
  assert.deepEqual(await core.containers.list({ all: true }), []);
});

test('input reaches the program and ends with the client', async () => {
  await using fixture = await openEngineFixture();
  const result = await run(fixture.core, request(['sh', '-c', 'cat; echo end']), 'some\ninput\n');
  assert.equal(result.stdout, 'some\ninput\nend\n');
});

test('a terminal is one, has the size asked for, and is resized', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const result = await run(
    core,
    request(['sh', '-c', 'tty; stty size; echo $TERM'], { Tty: true, HostConfig: { ConsoleSize: [33, 77] } }),
  );
  assert.equal(result.stdout, '/dev/pts/0\r\n33 77\r\nxterm\r\n');
  const { Id } = await core.containers.create(
    request(['sh', '-c', 'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.01; done'], { Tty: true }),
  );
  const { stream } = await core.containers.attach(Id, { stream: true, stdout: true });
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  await core.containers.start(Id);
  await eventually('the program is ready', () => text.includes('ready') || undefined);
  await core.containers.resize(Id, { rows: 44, cols: 88 });
  await eventually('the program saw the new size', () => text.includes('44 88') || undefined);
});

test('stop sends the stop signal, kill kills, and both wait for the end', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const trap = await containers.create(
    request(['sh', '-c', 'trap "exit 4" USR1; while :; do sleep 0.01; done'], { StopSignal: 'SIGUSR1' }),
  );
  await containers.start(trap.Id);
  // The shell must have set its trap: until then the signal is lost on process 1.
  await eventually('stopped by its own signal', async () => {
    await containers.kill(trap.Id, 'USR1');
    return (await containers.inspect(trap.Id)).State.Running ? undefined : true;
  }).catch(async (error) => {
    if ((await containers.inspect(trap.Id)).State.Running) throw error;
  });
  assert.equal((await containers.inspect(trap.Id)).State.ExitCode, 4);
  const { Id } = await containers.create(request(SLEEP));
  await containers.start(Id);
  await containers.stop(Id, { timeout: 0 });
  assert.equal((await containers.inspect(Id)).State.ExitCode, 137);
  await assert.rejects(containers.stop(Id), { kind: 'not-modified' });
  await assert.rejects(containers.kill(Id), {
    kind: 'conflict',
    message: `cannot kill container: ${Id}: container ${Id} is not running`,
  });
  await containers.restart(Id);
  await assert.rejects(containers.start(Id), { kind: 'not-modified' });
  await containers.kill(Id);
  assert.equal((await containers.inspect(Id)).State.Running, false);
});

test('restart keeps a container that is to be removed when it ends', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(SLEEP, { HostConfig: { AutoRemove: true } }));
  await containers.start(Id);
  const before = (await containers.inspect(Id)).State.Pid;
  await containers.restart(Id, { timeout: 0 });
  const { State } = await containers.inspect(Id);
  assert.equal(State.Running, true);
  assert.notEqual(State.Pid, before);
  const { done } = await containers.wait(Id, 'removed');
  await containers.stop(Id, { timeout: 0 });
  assert.deepEqual(await done, { StatusCode: 137 });
  assert.deepEqual(await containers.list({ all: true }), []);
});

test('pause stops every process, unpause lets them go on, and a paused container can be killed', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(SLEEP));
  await assert.rejects(containers.pause(Id), { kind: 'conflict', message: `container ${Id} is not running` });
  await containers.start(Id);
  await containers.pause(Id);
  assert.equal((await containers.inspect(Id)).State.Status, 'paused');
  await assert.rejects(containers.pause(Id), { message: `container ${Id} is already paused` });
  await assert.rejects(containers.start(Id), /cannot start a paused container/);
  await assert.rejects(containers.remove(Id), /container is paused and must be unpaused first/);
  await containers.unpause(Id);
  assert.equal((await containers.inspect(Id)).State.Status, 'running');
  await containers.pause(Id);
  await containers.kill(Id);
  assert.equal((await containers.inspect(Id)).State.Status, 'exited');
});

test('remove refuses a running container and takes it with force', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(SLEEP), { name: 'runner' });
  await containers.start(Id);
  await assert.rejects(containers.remove('runner'), {
    kind: 'conflict',
    message:
      'cannot remove container "/runner": container is running: stop the container before removing or force remove',
  });
  await containers.remove('runner', { force: true });
  assert.deepEqual(await containers.list({ all: true }), []);
});

test('names are unique, can be changed, and stand for ids and prefixes', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const one = await containers.create(request(SLEEP), { name: 'one' });
  await assert.rejects(containers.create(request(SLEEP), { name: 'one' }), {
    kind: 'conflict',
    message: `Conflict. The container name "/one" is already in use by container "${one.Id}". You have to remove (or rename) that container to be able to reuse that name.`,
  });
  await containers.rename('one', 'two');
  assert.equal((await containers.inspect(one.Id.slice(0, 9))).Name, '/two');
  await assert.rejects(containers.inspect('one'), { message: 'No such container: one' });
  await assert.rejects(containers.rename('two', 'two'), /Renaming a container with the same name/);
  await containers.create(request(SLEEP), { name: 'one' });
  await assert.rejects(containers.rename('two', 'one'), {
    kind: 'conflict',
    message: /^Error when allocating new name: Conflict\. The container name "\/one"/,
  });
});

test('events tell the whole story, with the time of the exit itself', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const { id } = await run(core, request(['sh', '-c', 'exit 2']));
  const { State } = await core.containers.inspect(id);
  await core.containers.rename(id, 'renamed');
  await core.containers.remove(id);
  const seen: [string, string | undefined][] = [];
  let died = '';
  const until = String(Date.now() / 1000 + 0.001);
  for await (const event of core.events.read({ since: '0', until, filters: { container: [id] } })) {
    seen.push([event.Action, event.Actor.Attributes['exitCode']]);
    if (event.Action === 'die') died = new Date(event.timeNano / 1e6).toISOString().slice(0, 23);
  }
  assert.deepEqual(seen, [
    ['create', undefined],
    ['attach', undefined],
    ['start', undefined],
    ['die', '2'],
    ['rename', undefined],
    ['destroy', undefined],
  ]);
  assert.equal(died.slice(0, 21), State.FinishedAt.slice(0, 21));
});

test('two engines on one root see each other at once', async () => {
  await using fixture = await openEngineFixture();
  const other = fixture.reopen();
  const { Id } = await fixture.core.containers.create(request(['sh', '-c', 'exit 6']));
  const { done } = await other.containers.wait(Id, 'next-exit');
  const attached = await other.containers.attach(Id, { stream: true, stdout: true });
  attached.stream.resume();
  await fixture.core.containers.start(Id);
  assert.deepEqual(await done, { StatusCode: 6 });
  const removed = await other.containers.wait(Id, 'removed');
  await fixture.core.containers.remove(Id);
  assert.deepEqual(await removed.done, { StatusCode: 6 });
});
