import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interruptAt } from '../../lib/command-process.ts';
import { type EngineFixture, eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';

const SLEEP = request(['sleep', '1000'], { Volumes: { '/data': {} } });

/** Kills the keeper of a container as its row names it now. */
function killKeeper(fixture: EngineFixture, id: string): void {
  const pid = fixture.core.context.containers.get(id)?.keeperPid ?? 0;
  assert.ok(pid > 0, 'the row names a keeper');
  process.kill(pid, 'SIGKILL');
}

test('a keeper killed before the program runs fails the start, which can be repeated', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(SLEEP);
  const ended = await interruptAt(fixture.root, 'start', { ref: Id }, 'start.recorded', () => killKeeper(fixture, Id));
  assert.notEqual(ended.code, 0);
  const { State } = await containers.inspect(Id);
  assert.deepEqual([State.Status, State.Pid], ['created', 0]);
  await containers.start(Id);
  assert.equal((await containers.inspect(Id)).State.Running, true);
});

test('a keeper killed before its start is recorded: the container is found ended', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(SLEEP);
  await interruptAt(fixture.root, 'start', { ref: Id }, 'start.started', () => killKeeper(fixture, Id));
  const state = await eventually('the end is found', async () => {
    const { State } = await containers.inspect(Id);
    return State.Running ? undefined : State;
  });
  assert.deepEqual([state.Status, state.ExitCode], ['exited', 137]);
  await containers.start(Id);
});

test('a keeper killed while a stop waits ends the stop', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(SLEEP);
  await containers.start(Id);
  const ended = await interruptAt(fixture.root, 'stop', { ref: Id }, 'stop.signalled', () => killKeeper(fixture, Id));
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal((await containers.inspect(Id)).State.Status, 'exited');
});

for (const point of ['remove.marked', 'remove.run', 'remove.layer']) {
  test(`another command waits while a remove stands still at ${point}, and finds the container gone`, async () => {
    await using fixture = await openEngineFixture();
    const { containers } = fixture.core;
    const { Id } = await containers.create(SLEEP);
    let removal: Promise<void> | undefined;
    const ended = await interruptAt(fixture.root, 'remove', { ref: Id }, point, () => {
      removal = containers.remove(Id);
    });
    assert.equal(ended.code, 0, ended.stderr);
    await removal;
    assert.deepEqual(await containers.list({ all: true }), []);
  });
}

for (const point of ['exec.recorded', 'exec.started']) {
  test(`an exec whose keeper is killed at ${point} counts as ended, and the container goes on`, async () => {
    await using fixture = await openEngineFixture();
    const { context, containers } = fixture.core;
    const { Id } = await containers.create(SLEEP);
    await containers.start(Id);
    const ended = await interruptAt(fixture.root, 'exec', { ref: Id, exec: { Cmd: ['sleep', '2000'] } }, point, () => {
      const [exec] = context.execs.active(Id);
      assert.ok(exec !== undefined && exec.keeperPid > 0);
      process.kill(exec.keeperPid, 'SIGKILL');
    });
    const execId = JSON.parse(ended.stdout.split('\n')[0] ?? '') as string;
    await eventually('the exec counts as ended', async () =>
      (await fixture.core.execs.inspect(execId)).Running ? undefined : true,
    );
    assert.equal((await containers.inspect(Id)).State.Running, true);
  });
}
