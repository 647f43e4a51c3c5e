import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';

const SLEEP = request(['sleep', '1000']);

function keeperOf(core: Awaited<ReturnType<typeof openEngineFixture>>['core'], id: string): number {
  const pid = core.context.containers.get(id)?.keeperPid ?? 0;
  assert.ok(pid > 0);
  return pid;
}

test('a killed keeper takes its container with it: the next look finds it ended, and it can be started again', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const { Id } = await core.containers.create(SLEEP);
  await core.containers.start(Id);
  process.kill(keeperOf(core, Id), 'SIGKILL');
  const state = await eventually('the container counts as ended', async () => {
    const { State } = await core.containers.inspect(Id);
    return State.Status === 'exited' ? State : undefined;
  });
  assert.equal(state.ExitCode, 137);
  await core.containers.start(Id);
  assert.equal((await core.containers.inspect(Id)).State.Running, true);
});

test('a waiter learns of a killed keeper', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const { Id } = await core.containers.create(SLEEP);
  await core.containers.start(Id);
  const { done } = await core.containers.wait(Id);
  process.kill(keeperOf(core, Id), 'SIGKILL');
  assert.deepEqual(await done, { StatusCode: 137 });
});

test('stop, remove and exec of a container whose keeper was killed do the right thing', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const { Id } = await core.containers.create(SLEEP);
    await core.containers.start(Id);
    ids.push(Id);
  }
  for (const id of ids) process.kill(keeperOf(core, id), 'SIGKILL');
  const [stopped = '', removed = '', executed = ''] = ids;
  await core.containers.stop(stopped).catch((error: { kind?: string }) => {
    assert.equal(error.kind, 'not-modified', String(error));
  });
  await core.containers.remove(removed, { force: true });
  await eventually('exec is refused', async () => {
    try {
      await core.execs.create(executed, { Cmd: ['true'] });
      return undefined;
    } catch {
      return true;
    }
  });
  const rows = await core.containers.list({ all: true });
  assert.deepEqual(
    rows.map(({ State }) => State),
    ['exited', 'exited'],
  );
});

test('a killed exec keeper ends the exec, not the container', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const { Id } = await core.containers.create(SLEEP);
  await core.containers.start(Id);
  const exec = await core.execs.create(Id, { Cmd: ['sleep', '2000'], AttachStdout: true });
  const { stream } = await core.execs.start(exec.Id, {});
  stream?.resume();
  process.kill(core.context.execs.get(exec.Id).keeperPid, 'SIGKILL');
  const state = await eventually('the exec ended', async () => {
    const now = await core.execs.inspect(exec.Id);
    return now.Running ? undefined : now;
  });
  assert.equal(state.ExitCode, 137);
  assert.equal((await core.containers.inspect(Id)).State.Running, true);
});

test('a resident engine sees a killed keeper and restarts its container by policy', async () => {
  await using fixture = await openEngineFixture();
  fixture.reopen({ resident: true });
  const { core } = fixture;
  const create = request(['sleep', '1000'], {
    HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
  });
  const { Id } = await core.containers.create(create);
  await core.containers.start(Id);
  process.kill(keeperOf(core, Id), 'SIGKILL');
  // Looked up in the database: asking the engine would itself find the death.
  const row = await eventually('it runs again', () => {
    const now = core.context.containers.get(Id);
    return now?.status === 'running' && now.restartCount === 1 ? now : undefined;
  });
  assert.equal(row.exits, 1);
});
