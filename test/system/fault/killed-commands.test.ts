import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../../lib/command-process.ts';
import { type EngineFixture, eventually, openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

const SLEEP = request(['sleep', '1000'], { Volumes: { '/data': {} } });

async function killedAt(fixture: EngineFixture, point: string, verb: string, input: object): Promise<void> {
  const ended = await runCommand(fixture.root, verb, input, point);
  assert.equal(ended.signal, 'SIGKILL', `the command passes ${point}: ${ended.stdout}${ended.stderr}`);
}

/** The engine still works on this root: a whole life of another container. */
async function stillWorks(fixture: EngineFixture): Promise<void> {
  const result = await run(fixture.core, request(['echo', 'fine'], { HostConfig: { AutoRemove: true } }));
  assert.deepEqual([result.code, result.stdout], [0, 'fine\n']);
}

const CREATE_POINTS = [
  'create.inserted',
  'create.directory',
  'snapshot.row',
  'snapshot.prepared',
  'create.layer',
  'create.files',
];

for (const point of CREATE_POINTS) {
  test(`create killed at ${point} leaves no container and nothing else, and its name is free`, async () => {
    await using fixture = await openEngineFixture();
    await killedAt(fixture, point, 'create', { create: SLEEP });
    assert.deepEqual(await fixture.core.containers.list({ all: true }), []);
    await stillWorks(fixture);
  });
}

for (const point of ['start.marked', 'start.planned', 'start.recorded']) {
  test(`start killed at ${point} is undone, and a second start works`, async () => {
    await using fixture = await openEngineFixture();
    const { containers } = fixture.core;
    const { Id } = await containers.create(SLEEP);
    await killedAt(fixture, point, 'start', { ref: Id });
    const { State } = await containers.inspect(Id);
    assert.deepEqual([State.Status, State.Pid, State.Running], ['created', 0, false]);
    await containers.start(Id);
    assert.equal((await containers.inspect(Id)).State.Running, true);
    await stillWorks(fixture);
  });
}

test('start killed after the program runs: the container runs, and can be stopped', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(SLEEP);
  await killedAt(fixture, 'start.started', 'start', { ref: Id });
  const { State } = await containers.inspect(Id);
  assert.equal(State.Status, 'running');
  assert.ok(State.Pid > 0);
  await containers.stop(Id, { timeout: 0 });
  assert.equal((await containers.inspect(Id)).State.ExitCode, 137);
});

test('start killed after a short program ran and ended: the exit is found', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(['sh', '-c', 'exit 5']));
  await killedAt(fixture, 'start.started', 'start', { ref: Id });
  const state = await eventually('the exit is recorded', async () => {
    const { State } = await containers.inspect(Id);
    return State.Status === 'exited' ? State : undefined;
  });
  assert.equal(state.ExitCode, 5);
});

for (const point of ['remove.marked', 'remove.run', 'snapshot.moved', 'remove.layer', 'remove.directory']) {
  test(`remove killed at ${point} is finished by the next command`, async () => {
    await using fixture = await openEngineFixture();
    const { containers } = fixture.core;
    const { Id } = await containers.create(request(['sleep', '1000']));
    await containers.start(Id);
    await killedAt(fixture, point, 'remove', { ref: Id });
    assert.deepEqual(await containers.list({ all: true }), []);
    await assert.rejects(containers.inspect(Id), { kind: 'not-found' });
    await stillWorks(fixture);
  });
}

test('a waiter killed while it records the exit leaves a recorded or recordable exit', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(SLEEP);
  await containers.start(Id);
  const waiter = runCommand(fixture.root, 'wait', { ref: Id }, 'exit.recorded');
  const stopper = runCommand(fixture.root, 'stop', { ref: Id }, 'exit.recorded');
  await Promise.all([waiter, stopper]);
  const { State } = await containers.inspect(Id);
  assert.deepEqual([State.Status, State.ExitCode], ['exited', 137]);
});

test('stop killed while it waits leaves a container that the next stop ends', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(SLEEP);
  await containers.start(Id);
  await killedAt(fixture, 'stop.signalled', 'stop', { ref: Id });
  await containers
    .stop(Id, { timeout: 0 })
    .catch((error: { kind?: string }) => assert.equal(error.kind, 'not-modified'));
  assert.equal((await containers.inspect(Id)).State.Status, 'exited');
});

for (const point of ['exec.recorded', 'exec.started']) {
  test(`exec killed at ${point} leaves no process that should not be, and the container goes on`, async () => {
    await using fixture = await openEngineFixture();
    const { containers, execs } = fixture.core;
    const { Id } = await containers.create(SLEEP);
    await containers.start(Id);
    const ended = await runCommand(fixture.root, 'exec', { ref: Id, exec: { Cmd: ['sleep', '2000'] } }, point);
    assert.equal(ended.signal, 'SIGKILL');
    const execId = JSON.parse(ended.stdout) as string;
    const started = point === 'exec.started';
    const state = await eventually('the exec is what it is', async () => {
      const now = await execs.inspect(execId);
      return now.Running === started ? now : undefined;
    });
    assert.equal(state.Running, started);
    assert.equal((await containers.inspect(Id)).State.Running, true);
    const second = await execs.create(Id, { Cmd: ['true'] });
    await execs.start(second.Id, { Detach: true });
    await eventually('the second exec ended', async () =>
      (await execs.inspect(second.Id)).ExitCode === 0 ? true : undefined,
    );
  });
}
