import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ContainerInspect, HealthConfig } from '#spec/docker-api/containers.ts';
import { type EngineFixture, eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';

const FAST = { Interval: 20e6, Timeout: 20e9, Retries: 2 };

async function startChecked(fixture: EngineFixture, check: HealthConfig, host = {}): Promise<string> {
  const { containers } = fixture.core;
  const body = { ...request(['sleep', '1000'], { HostConfig: { ...host } }), Healthcheck: check, StopTimeout: 0 };
  const { Id } = await containers.create(body);
  await containers.start(Id);
  return Id;
}

function until(fixture: EngineFixture, id: string, what: string, is: (found: ContainerInspect) => boolean) {
  return eventually(what, async () => {
    const found = await fixture.core.containers.inspect(id);
    return is(found) ? found : undefined;
  });
}

const untilHealth = (fixture: EngineFixture, id: string, status: string) =>
  until(fixture, id, `it is ${status}`, (found) => found.State.Health?.Status === status);

test('a resident engine runs a health check, and its results are in inspect, list and events', async () => {
  await using fixture = await openEngineFixture();
  fixture.reopen({ resident: true });
  const flag = join(fixture.scratch, 'ok');
  writeFileSync(flag, '');
  const check = { ...FAST, Test: ['CMD-SHELL', 'echo looked; test -e /host/ok'] };
  const id = await startChecked(fixture, check, { Binds: [`${fixture.scratch}:/host`] });
  const healthy = await untilHealth(fixture, id, 'healthy');
  const last = healthy.State.Health?.Log.at(-1);
  assert.deepEqual([last?.ExitCode, last?.Output], [0, 'looked\n']);
  const listed = await fixture.core.containers.list({ filters: { health: ['healthy'] } });
  assert.match(listed[0]?.Status ?? '', /^Up .* \(healthy\)$/);
  rmSync(flag);
  const unhealthy = await untilHealth(fixture, id, 'unhealthy');
  assert.ok((unhealthy.State.Health?.FailingStreak ?? 0) >= 2);
  const period = { since: '0', until: String(Math.ceil(Date.now() / 1000) + 1) };
  const actions: string[] = [];
  for await (const event of fixture.core.events.read({ ...period, filters: { event: ['health_status'] } }))
    actions.push(event.Action);
  assert.deepEqual(actions.slice(0, 2), ['health_status: healthy', 'health_status: unhealthy']);
  await fixture.core.containers.stop(id, { timeout: 0 });
  assert.equal((await fixture.core.containers.inspect(id)).State.Health?.Status, 'unhealthy');
});

test('a probe that takes too long is killed and says so', async () => {
  await using fixture = await openEngineFixture();
  fixture.reopen({ resident: true });
  const id = await startChecked(fixture, { ...FAST, Timeout: 300e6, Retries: 1, Test: ['CMD', 'sleep', '500'] });
  const { State } = await untilHealth(fixture, id, 'unhealthy');
  const last = State.Health?.Log.at(-1);
  assert.deepEqual([last?.ExitCode, last?.Output], [-1, 'Health check exceeded timeout (300ms)']);
});

test('a program that is not there is a failure like any other', async () => {
  await using fixture = await openEngineFixture();
  fixture.reopen({ resident: true });
  const id = await startChecked(fixture, { ...FAST, Retries: 1, Test: ['CMD', '/no/such/program'] });
  const { State } = await untilHealth(fixture, id, 'unhealthy');
  assert.match(State.Health?.Log.at(-1)?.Output ?? '', /no such file or directory/);
});

test('an engine that opens later goes on with the checks of containers that run', async () => {
  await using fixture = await openEngineFixture();
  const id = await startChecked(fixture, { ...FAST, Test: ['CMD', 'true'] });
  assert.equal((await fixture.core.containers.inspect(id)).State.Health?.Status, 'starting');
  const first = fixture.reopen({ resident: true });
  await untilHealth(fixture, id, 'healthy');
  await first.close();
  const seen = await fixture.core.containers.inspect(id);
  fixture.reopen({ resident: true });
  const ends = (found: ContainerInspect) => found.State.Health?.Log.at(-1)?.End ?? '';
  await until(fixture, id, 'a new result', (found) => ends(found) > ends(seen));
});

test('checks over the network need no program in the image', async () => {
  await using fixture = await openEngineFixture();
  fixture.reopen({ resident: true });
  const serve = 'while true; do printf "HTTP/1.0 204 Fine\\r\\n\\r\\n" | nc -l -p 8080; done';
  const { containers } = fixture.core;
  const start = async (Test: string[]) => {
    const body = { ...request(['sh', '-c', serve]), Healthcheck: { ...FAST, Test } };
    const { Id } = await containers.create(body);
    await containers.start(Id);
    return Id;
  };
  const http = await untilHealth(fixture, await start(['HTTP', 'http://localhost:8080/ready']), 'healthy');
  assert.equal(http.State.Health?.Log.at(-1)?.Output, 'HTTP/1.0 204 Fine');
  await untilHealth(fixture, await start(['TCP', '8080']), 'healthy');
  const closed = await untilHealth(fixture, await start(['TCP', '127.0.0.1:9']), 'unhealthy');
  assert.equal(closed.State.Health?.Log.at(-1)?.Output, 'connect to 127.0.0.1 port 9: Connection refused');
});

test('OnFailure restarts or ends an unhealthy container', async () => {
  await using fixture = await openEngineFixture();
  fixture.reopen({ resident: true });
  const sick = { ...FAST, Retries: 1, Test: ['CMD', 'false'] };
  const restarted = await startChecked(fixture, { ...sick, OnFailure: 'restart' });
  const { StartedAt } = (await fixture.core.containers.inspect(restarted)).State;
  await until(fixture, restarted, 'it was started again', (found) => found.State.StartedAt > StartedAt);
  await fixture.core.containers.remove(restarted, { force: true });
  const killed = await startChecked(fixture, { ...sick, OnFailure: 'kill' });
  const { State } = await until(fixture, killed, 'it was killed', (found) => found.State.Status === 'exited');
  assert.equal(State.ExitCode, 137);
});

test('a health check that cannot work is refused at create', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const create = (Healthcheck: HealthConfig) => containers.create({ ...request(['true']), Healthcheck });
  await assert.rejects(create({ Test: ['HTTP', 'https://localhost'] }), /only http: is asked/);
  await assert.rejects(create({ Test: ['TCP'] }), /exactly one word/);
  await assert.rejects(create({ Test: ['CMD', 'true'], OnFailure: 'explode' as 'kill' }), /Unknown action "explode"/);
});
