import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import type { ApiRequest, ApiResponse } from '#spec/docker-api/exchange.ts';
import { connect } from './client.ts';
import { inProcessTransport } from './in-process-transport.ts';

function clientOf(answer: (request: ApiRequest) => Partial<ApiResponse>) {
  const seen: ApiRequest[] = [];
  const transport = inProcessTransport(async (request) => {
    seen.push(request);
    return { status: 200, headers: {}, body: { kind: 'empty' }, ...answer(request) };
  }, '1.50');
  return { client: connect(transport), seen };
}

const json = (value: unknown) => ({ body: { kind: 'json', value } }) as const;
const text = (content: string) =>
  ({ body: { kind: 'stream', stream: Readable.from([Buffer.from(content)], { objectMode: false }) } }) as const;

test('connect() turns calls into requests', async () => {
  const { client, seen } = clientOf(() => json([]));
  await client.containers.list({ all: true, filters: { label: ['a'] } });
  await client.containers.stop('a/b', { timeout: 3 });
  await client.images.inspect('localhost:5000/x/y:tag');
  await client.images.remove('a b');
  assert.deepEqual(
    seen.map(({ method, path }) => `${method} ${path}`),
    [
      'GET /containers/json',
      'POST /containers/a%2Fb/stop',
      'GET /images/localhost:5000/x/y:tag/json',
      'DELETE /images/a%20b',
    ],
  );
  assert.equal(seen[0]?.query?.['filters'], '{"label":["a"]}');
  assert.equal(seen[1]?.query?.['t'], 3);
});

test('connect() throws failures with the message and kind of the API', async () => {
  const body = { message: 'No such container: x', code: 'container.not-found', hint: 'look again' };
  const { client } = clientOf(() => ({ status: 404, ...json(body) }));
  await assert.rejects(client.containers.inspect('x'), (error) => {
    assert.ok(isBerthError(error, 'not-found'));
    assert.deepEqual(
      [error.message, error.code, error.hint, error.details['status']],
      [body.message, body.code, body.hint, 404],
    );
    return true;
  });
  const plain = clientOf(() => ({ status: 502, ...text('bad gateway\n') }));
  await assert.rejects(
    plain.client.system.info(),
    (error) => isBerthError(error, 'internal') && error.message === 'bad gateway',
  );
});

test('connect() takes a container that runs already for started', async () => {
  const { client } = clientOf(() => ({ status: 304 }));
  await client.containers.start('x');
});

test('connect() reads sequences of documents whichever way they arrive', async () => {
  const answers: Partial<ApiResponse>[] = [
    { body: { kind: 'lines', items: Readable.from([{ n: 1 }, { n: 2 }]) } },
    text('{"n":1}\r\n{"n":2}'),
    json({ n: 1 }),
  ];
  const { client } = clientOf(() => answers.shift() ?? {});
  const read = async () => {
    const all: unknown[] = [];
    for await (const item of await client.images.load(new PassThrough())) all.push(item);
    return all;
  };
  assert.deepEqual(await read(), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual(await read(), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual(await read(), [{ n: 1 }]);
});

test('connect() ends a sequence quietly when it is aborted', async () => {
  const aborter = new AbortController();
  const items = (async function* () {
    yield { n: 1 };
    throw aborter.signal.reason;
  })();
  const { client } = clientOf(() => ({ body: { kind: 'lines', items } }));
  const seen: unknown[] = [];
  for await (const event of await client.system.events({}, aborter.signal)) {
    seen.push(event);
    aborter.abort();
  }
  assert.deepEqual(seen, [{ n: 1 }]);
});

test('connect() refuses an attach that was not upgraded, and says how the bytes come', async () => {
  const stream = new PassThrough();
  const headers = { 'content-type': 'application/vnd.docker.multiplexed-stream' };
  const answers: Partial<ApiResponse>[] = [{ status: 101, headers, body: { kind: 'upgraded', stream } }, text('x')];
  const { client, seen } = clientOf(() => answers.shift() ?? {});
  const hijacked = await client.containers.attach('x', { stdout: true, stream: true });
  assert.equal(hijacked.multiplexed, true);
  assert.equal(seen[0]?.upgrade, true);
  await assert.rejects(client.containers.attach('x'), /unable to upgrade to tcp, received 200/);
});

test('connect() turns the times of users into those of the API', async () => {
  const { client, seen } = clientOf(() => text(''));
  await client.containers.logs('x', { stdout: true, since: '2026-01-02T03:04:05Z' });
  assert.equal(seen[0]?.query?.['since'], '1767323045.000000000');
  await assert.rejects(client.containers.logs('x', { since: 'x' }), /invalid value for "since"/);
});
