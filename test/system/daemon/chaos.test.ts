import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillRegistry } from '../../lib/chaos-registry.ts';
import { assertTrue, killSomething, startNamed } from '../../lib/chaos-victims.ts';
import { type Load, SHARED, workUntil } from '../../lib/daemon-load.ts';
import { type Daemon, startDaemon } from '../../lib/daemon-process.ts';
import { eventually, openEngineFixture, split } from '../../lib/engine-fixture.ts';
import { Random } from '../../lib/random.ts';
import { serveRegistry, temporaryRoot } from '../registry/registry-process.ts';

const ROUNDS = Number(process.env['BERTH_CHAOS_ROUNDS'] ?? 4);
const SEED = Number(process.env['BERTH_CHAOS_SEED'] ?? 1);
const CLIENTS = 4;
const IMAGES = 6;
/** A daemon lives for at most so many answers; at least one, so that every round gets somewhere. */
const MOST_ANSWERS = 40;

async function assertKept(daemon: Daemon, load: Load): Promise<void> {
  assert.ok(load.promised.length > 0, 'some containers were started');
  for (const { id, exitCode, output } of load.promised) {
    const waited = await daemon.call('POST', `/containers/${id}/wait`);
    assert.deepEqual(JSON.parse(waited.text), { StatusCode: exitCode }, id);
    const { State } = JSON.parse((await daemon.call('GET', `/containers/${id}/json`)).text) as {
      State: { Running: boolean };
    };
    assert.equal(State.Running, false);
    const log = await daemon.call('GET', `/containers/${id}/logs?stdout=1`);
    assert.equal(log.status, 200);
    assert.equal(split(Buffer.from(log.text, 'latin1')).stdout, output, id);
  }
  for (const { id, text } of load.attached) {
    const { output = '' } = load.promised.find((each) => each.id === id) ?? {};
    assert.equal(text, output.slice(0, text.length), `${id}: what was attached is not the beginning of the output`);
  }
  for (const name of load.pulled) {
    const found = await daemon.call('GET', `/images/${name}/json`);
    assert.equal(found.status, 200, `${name}: ${found.text}`);
  }
}

test(`a daemon killed ${ROUNDS} times under load loses no exit status, log or image`, {
  timeout: 7_200_000,
}, async () => {
  await using fixture = await openEngineFixture();
  using place = temporaryRoot();
  await using registry = await serveRegistry(place.path);
  const random = new Random(SEED);
  const images = await fillRegistry(fixture.core, registry.host, fixture.scratch, IMAGES);
  await startNamed(fixture.core);
  const load: Load = { promised: [], attached: [], pulled: new Set(), images, answered: 0 };
  const stop = new AbortController();
  const socketPath = `${fixture.root}/berth.sock`;
  const clients = Array.from({ length: CLIENTS }, () => workUntil(socketPath, random, load, stop.signal));
  const failed = Promise.all(clients).then(() => undefined);
  failed.catch(() => undefined);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const daemon = await startDaemon(fixture.root);
      const until = load.answered + 1 + random.below(MOST_ANSWERS);
      const answered = eventually('the clients are answered', () => load.answered >= until || undefined);
      await Promise.race([answered, failed]);
      killSomething(fixture.core, random, SHARED);
      await daemon.end('SIGKILL');
    }
  } finally {
    stop.abort();
    await Promise.allSettled(clients);
  }
  await failed;
  await using last = await startDaemon(fixture.root);
  await assertKept(last, load);
  await assertTrue(fixture.core);
  // What was half deleted goes when a daemon begins.
  await eventually('the check finds nothing', async () => {
    const { text } = await last.call('POST', '/system/fsck');
    return (JSON.parse(text) as { Findings: unknown[] }).Findings.length === 0 || undefined;
  });
});
