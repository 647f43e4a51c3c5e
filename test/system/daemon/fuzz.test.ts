import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRequest, type Outcome, send } from '../../lib/api-fuzzer.ts';
import { startDaemon } from '../../lib/daemon-process.ts';
import { eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';
import { hasDescription, OpenApi } from '../../lib/openapi.ts';
import { Random } from '../../lib/random.ts';

const COUNT = Number(process.env['BERTH_FUZZ_REQUESTS'] ?? 500);
const SEED = Number(process.env['BERTH_FUZZ_SEED'] ?? 1);
const AT_ONCE = 8;
const NAMES = ['fuzz-a', 'fuzz-b', 'fuzz-c'];
/** Refusals of what Berth does not have, and of what is only in a swarm. */
const ALLOWED = [501, 503];

const skip = hasDescription() ? false : 'the OpenAPI description is not beside the repository';

test(`${COUNT} malformed requests end neither the daemon nor in a status 500`, {
  skip,
  timeout: 3_600_000,
}, async () => {
  await using fixture = await openEngineFixture();
  await using daemon = await startDaemon(fixture.root);
  const create = (name: string) => daemon.call('POST', `/containers/create?name=${name}`, request(['sleep', '1000']));
  await create('fuzz-a');
  await create('fuzz-b');
  await daemon.call('POST', '/containers/fuzz-b/start');
  const openApi = new OpenApi();
  const random = new Random(SEED);
  const before = daemon.sockets();
  const failures: Outcome[] = [];
  let left = COUNT;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const outcome = await send(daemon.socketPath, nextRequest(random, openApi));
      if ((outcome.status ?? 0) >= 500 && !ALLOWED.includes(outcome.status ?? 0)) failures.push(outcome);
      if (left % 100 === 0) await create(random.pick(NAMES)).catch(() => daemon.died);
    }
  };
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, worker)), daemon.died]);
  assert.deepEqual(
    failures.map(({ sent, body }) => `${sent.slice(0, 3000)}\n→ ${body}`),
    [],
  );
  assert.equal((await daemon.call('GET', '/_ping')).text, 'OK');
  // Those to the keepers of containers that run stay, one for each.
  const most = before + NAMES.length;
  await eventually('the connections are closed', () => daemon.sockets() <= most || undefined);
  assert.equal(daemon.process.exitCode, null);
  await daemon.call('POST', `/volumes/prune?filters=${encodeURIComponent('{"all":["1"]}')}`);
});
