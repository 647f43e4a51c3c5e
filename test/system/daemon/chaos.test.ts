import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Load, workUntil } from '../../lib/daemon-load.ts';
import { startDaemon } from '../../lib/daemon-process.ts';
import { eventually, openEngineFixture, split } from '../../lib/engine-fixture.ts';
import { Random } from '../../lib/random.ts';

const ROUNDS = Number(process.env['BERTH_CHAOS_ROUNDS'] ?? 6);
const SEED = Number(process.env['BERTH_CHAOS_SEED'] ?? 1);
const CLIENTS = 4;
/** A daemon lives for at most so many answers; at least one, so that every round gets somewhere. */
const MOST_ANSWERS = 40;

test(`a daemon killed ${ROUNDS} times under load loses no exit status and no log`, { timeout: 7_200_000 }, async () => {
  await using fixture = await openEngineFixture();
  const random = new Random(SEED);
  const load: Load = { promised: [], answered: 0 };
  const stop = new AbortController();
  const socketPath = `${fixture.root}/berth.sock`;
  const clients = Array.from({ length: CLIENTS }, () => workUntil(socketPath, random, load, stop.signal));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const daemon = await startDaemon(fixture.root);
      const until = load.answered + 1 + random.below(MOST_ANSWERS);
      await eventually('the clients are answered', () => load.answered >= until || undefined);
      await daemon.end('SIGKILL');
    }
  } finally {
    stop.abort();
    await Promise.all(clients);
  }
  await using last = await startDaemon(fixture.root);
  assert.ok(load.promised.length > 0, 'some containers were started');
  for (const { id, exitCode, output } of load.promised) {
    const waited = await last.call('POST', `/containers/${id}/wait`);
    assert.deepEqual(JSON.parse(waited.text), { StatusCode: exitCode }, id);
    const logs = await fixture.core.containers.locate(id);
    assert.equal(logs.running, false);
    const log = await last.call('GET', `/containers/${id}/logs?stdout=1`);
    assert.equal(log.status, 200);
    assert.equal(split(Buffer.from(log.text, 'latin1')).stdout, output, id);
  }
  // What was half deleted goes when a daemon begins.
  await eventually('the check finds nothing', async () => {
    const { text } = await last.call('POST', '/system/fsck');
    return (JSON.parse(text) as { Findings: unknown[] }).Findings.length === 0 || undefined;
  });
});
