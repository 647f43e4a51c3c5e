import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EngineFixture, eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';

const EXIT_COMMAND = fileURLToPath(new URL('../../lib/exit-command.ts', import.meta.url));

/** A program that counts its runs in a file of the host and ends with a code until the count is reached, then stays. */
function counting(fixture: EngineFixture, code: number, stayAt: number, policy: string, max = 0) {
  writeFileSync(join(fixture.scratch, 'runs'), '');
  const script = `echo run >> /host/runs; test $(wc -l < /host/runs) -ge ${stayAt} && exec sleep 1000; exit ${code}`;
  return request(['sh', '-c', script], {
    HostConfig: {
      Binds: [`${fixture.scratch}:/host`],
      RestartPolicy: { Name: policy, MaximumRetryCount: max },
    },
  });
}

test('a resident engine restarts by policy, counts, and stops doing so when the user stops the container', async () => {
  await using fixture = await openEngineFixture();
  const resident = fixture.reopen({ resident: true });
  const { containers } = fixture.core;
  const { Id } = await containers.create(counting(fixture, 1, 3, 'always'));
  await containers.start(Id);
  const up = await eventually('the third run stays', async () => {
    const found = await containers.inspect(Id);
    return found.RestartCount === 2 && found.State.Status === 'running' ? found : undefined;
  });
  assert.equal(up.State.Restarting, false);
  await containers.stop(Id, { timeout: 0 });
  assert.equal((await resident.containers.inspect(Id)).State.Status, 'exited');
});

test('on-failure gives up after its number of retries and leaves a success alone', async () => {
  await using fixture = await openEngineFixture();
  fixture.reopen({ resident: true });
  const { containers } = fixture.core;
  const { Id } = await containers.create(counting(fixture, 7, 99, 'on-failure', 2));
  await containers.start(Id);
  const ended = await eventually('it gave up', async () => {
    const found = await containers.inspect(Id);
    return found.State.Status === 'exited' ? found : undefined;
  });
  assert.deepEqual([ended.RestartCount, ended.State.ExitCode], [2, 7]);
  const fine = await containers.create(
    request(['true'], { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 0 } } }),
  );
  const { done } = await containers.wait(fine.Id, 'next-exit');
  await containers.start(fine.Id);
  assert.deepEqual(await done, { StatusCode: 0 });
  assert.equal((await containers.inspect(fine.Id)).State.Status, 'exited');
});

test('with no Berth process watching, the exit command records exits, removes and restarts', async () => {
  await using fixture = await openEngineFixture();
  const exitCommand = [process.execPath, EXIT_COMMAND, fixture.root];
  const other = fixture.reopen({ exitCommand });
  const restarting = await other.containers.create(counting(fixture, 1, 3, 'unless-stopped'));
  const removed = await other.containers.create(request(['true'], { HostConfig: { AutoRemove: true } }));
  await other.containers.start(restarting.Id);
  await other.containers.start(removed.Id);
  await other.close();
  const { sql } = fixture.core.context;
  const column = (id: string, name: string) =>
    sql.get(`SELECT ${name} AS value FROM containers WHERE id = ?`, id)?.['value'];
  // Looked up in the database itself: asking the engine would repair what the exit command is to do.
  await eventually(
    'restarted twice',
    () => (column(restarting.Id, 'restart_count') === 2 && column(restarting.Id, 'status') === 'running') || undefined,
  );
  await eventually('removed', () => column(removed.Id, 'status') === undefined || undefined);
});

test('after a reboot what ran counts as ended, and a resident engine starts it again by policy', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const ids: Record<string, string> = {};
  for (const policy of ['no', 'unless-stopped', 'always', 'stopped']) {
    const Name = policy === 'stopped' ? 'unless-stopped' : policy;
    const create = request(['sleep', '1000'], { HostConfig: { RestartPolicy: { Name, MaximumRetryCount: 0 } } });
    const { Id } = await core.containers.create(create, { name: policy });
    await core.containers.start(Id);
    ids[policy] = Id;
  }
  await core.containers.stop('stopped', { timeout: 0 });
  // What a power failure leaves: processes gone, rows of another boot.
  for (const id of Object.values(ids)) {
    const pid = core.context.containers.get(id)?.keeperPid ?? 0;
    if (pid > 0) process.kill(pid, 'SIGKILL');
    core.context.containers.patch(id, { bootId: '00000000-0000-0000-0000-000000000000' });
  }
  const { State } = await core.containers.inspect('no');
  assert.deepEqual([State.Status, State.ExitCode], ['exited', 255]);
  fixture.reopen({ resident: true });
  for (const name of ['unless-stopped', 'always']) {
    await eventually(`${name} runs again`, async () => {
      return (await core.containers.inspect(name)).State.Status === 'running' ? true : undefined;
    });
  }
  for (const name of ['no', 'stopped']) assert.equal((await core.containers.inspect(name)).State.Status, 'exited');
});

test('a container waiting for its restart can be stopped, removed and updated', async () => {
  await using fixture = await openEngineFixture();
  const { containers, context } = fixture.core;
  const { Id } = await containers.create(counting(fixture, 1, 99, 'always'));
  const { done } = await containers.wait(Id, 'next-exit');
  await containers.start(Id);
  await done;
  // Nobody restarts here: no resident engine and no exit command.
  const waiting = (await containers.inspect(Id)).State;
  assert.deepEqual([waiting.Status, waiting.Running, waiting.Restarting], ['restarting', true, true]);
  await assert.rejects(containers.remove(Id), /container is restarting: stop the container before removing/);
  await assert.rejects(containers.pause(Id), /is restarting, wait until the container is running/);
  await containers.update(Id, { RestartPolicy: { Name: 'no', MaximumRetryCount: 0 } });
  await containers.stop(Id);
  assert.equal(context.containers.get(Id)?.status, 'exited');
});
