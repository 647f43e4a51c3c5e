import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { openDistribution } from '#distribution/open-distribution.ts';
import { parseReference } from '#spec/reference.ts';
import { openClientFixture } from './client-fixture.ts';
import { type Intercept, refuse } from './fake-registry.ts';

interface SideServer extends AsyncDisposable {
  readonly host: string;
  readonly seen: IncomingMessage[];
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<SideServer> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ALICE = { username: 'alice', password: 'pa:ss wörd' };
const basic = `Basic ${Buffer.from(`${ALICE.username}:${ALICE.password}`).toString('base64')}`;

function demanding(challenge: string, isGood: (authorization: string | undefined) => boolean): Intercept {
  return (request, response) => {
    if (isGood(request.headers.authorization)) return false;
    response.setHeader('www-authenticate', challenge);
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
}

test('pull: a registry with basic authentication gets name and password, and says no to others', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { id } = registry.addImage('private', 'latest', [100]);
  registry.intercept = demanding('Basic realm="x"', (authorization) => authorization === basic);
  await assert.rejects(pull('private'), /no basic auth credentials/);
  await assert.rejects(
    pull('private', { credential: { ...ALICE, password: 'no' } }),
    /pull access denied for .*private/,
  );
  assert.equal(await pull('private', { credential: ALICE }), id);
});

test('pull: a token is got for the repository, used again, and renewed when it ends too early', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { id } = registry.addImage('private', 'latest', [100, 100]);
  let issued = 0;
  let uses = 0;
  await using tokens = await serve((request, response) => {
    assert.equal(request.headers.authorization, basic);
    issued += 1;
    response.end(JSON.stringify({ token: `token-${issued}`, expires_in: 300 }));
  });
  const challenge = `Bearer realm="http://${tokens.host}/token",service="reg",scope="repository:private:pull"`;
  // Each token is good for two requests only, whatever was promised.
  registry.intercept = demanding(
    challenge,
    (authorization) => authorization === `Bearer token-${issued}` && uses++ % 3 !== 2,
  );
  assert.equal(await pull('private', { credential: ALICE }), id);
  const query = new URL(tokens.seen[0]!.url!, 'http://x').searchParams;
  assert.equal(query.get('scope'), 'repository:private:pull');
  assert.equal(query.get('service'), 'reg');
  const requests = registry.seen.filter((line) => line !== 'GET /v2/').length;
  assert.ok(issued >= 2 && issued < requests, `${issued} tokens for ${requests} requests`);
});

test('pull: a token server that refuses is told of, and asked once', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  registry.addImage('private', 'latest', [100]);
  await using tokens = await serve((_request, response) => response.writeHead(401).end());
  registry.intercept = demanding(`Bearer realm="http://${tokens.host}/token"`, () => false);
  await assert.rejects(
    pull('private', { credential: ALICE }),
    (error) => isBerthError(error, 'not-found') && /pull access denied/.test(error.message),
  );
  assert.equal(tokens.seen.length, 1);
});

test('pull: credentials stay with the registry when it sends to another server', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { id } = registry.addImage('moved', 'latest', [100]);
  await using storage = await serve((request, response) => {
    const bytes = registry.blobs.get(new URL(request.url!, 'http://x').searchParams.get('d')!)!;
    response.end(bytes);
  });
  registry.intercept = async (request, response) => {
    if (await demanding('Basic realm="x"', (authorization) => authorization === basic)(request, response)) return true;
    const digest = /\/blobs\/(.*)$/.exec(request.url!)?.[1];
    if (digest === undefined) return false;
    response.writeHead(307, { location: `http://${storage.host}/data?d=${digest}&secret=1` }).end();
    return true;
  };
  assert.equal(await pull('moved', { credential: ALICE }), id);
  assert.equal(storage.seen.length, 2);
  for (const { headers } of storage.seen) assert.equal(headers.authorization, undefined);
});

test('pull: what a signed address carries is not in errors', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  registry.addImage('moved', 'latest', [100]);
  await using storage = await serve((_request, response) => response.writeHead(404).end());
  registry.intercept = (request, response) => {
    if (!request.url!.includes('/blobs/')) return false;
    response.writeHead(307, { location: `http://${storage.host}/data?secret=1` }).end();
    return true;
  };
  await assert.rejects(
    pull('moved'),
    (error) => isBerthError(error) && error.message.includes('/data') && !error.message.includes('secret'),
  );
});

test('push: credentials stay with the registry when an upload goes to another server', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  registry.addImage('mine', 'latest', [100]);
  await pull('mine');
  const name = `${registry.host}/other:latest`;
  store.store.tagImage(`${registry.host}/mine`, `${registry.host}/other`);
  let uploads = 0;
  await using storage = await serve((request, response) => {
    request.resume();
    request.on('end', () => {
      if (request.method === 'PUT') uploads += 1;
      const location = `http://${storage.host}/upload`;
      response.writeHead(request.method === 'PUT' ? 201 : 202, { location }).end();
    });
  });
  registry.intercept = async (request, response) => {
    if (await demanding('Basic realm="x"', (authorization) => authorization === basic)(request, response)) return true;
    if (request.method === 'HEAD') response.writeHead(404).end();
    else if (request.method === 'POST') response.writeHead(202, { location: `http://${storage.host}/upload` }).end();
    else if (request.method === 'PUT') response.writeHead(201).end();
    else return false;
    return true;
  };
  const distribution = openDistribution({ store: store.store, env: {}, userAgent: 'berth-test' });
  const signal = new AbortController().signal;
  await distribution.push(parseReference(name), { credential: ALICE, signal, report: () => {} });
  assert.equal(uploads, 2);
  for (const { headers } of storage.seen) assert.equal(headers.authorization, undefined);
});

test('login keeps a refresh token where the server gives one, and pulls with that', async () => {
  await using fixture = await openClientFixture();
  const { registry, store } = fixture;
  const { id } = registry.addImage('private', 'latest', [100]);
  const forms: URLSearchParams[] = [];
  await using tokens = await serve(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.method === 'POST') forms.push(new URLSearchParams(body));
    const isKnown = forms.at(-1)?.get('refresh_token') === 'refresh-1' || request.headers.authorization === basic;
    if (!isKnown) response.writeHead(401).end();
    else response.end(JSON.stringify({ access_token: 'good', refresh_token: 'refresh-1', expires_in: 300 }));
  });
  const challenge = `Bearer realm="http://${tokens.host}/token",service="reg"`;
  registry.intercept = demanding(challenge, (authorization) => authorization === 'Bearer good');
  const distribution = openDistribution({ store: store.store, env: {}, userAgent: 'berth-test' });
  const { signal } = new AbortController();
  const { identityToken } = await distribution.login(registry.host, ALICE, signal);
  assert.equal(identityToken, 'refresh-1');
  assert.equal(new URL(tokens.seen[0]!.url!, 'http://x').searchParams.get('offline_token'), 'true');
  const reference = parseReference(`${registry.host}/private:latest`);
  const pull = (token: string) =>
    distribution.pull(reference, { credential: { identityToken: token }, signal, report: () => {} });
  assert.equal((await pull('refresh-1')).id, id);
  assert.equal(forms[0]?.get('grant_type'), 'refresh_token');
  assert.equal(forms[0]?.get('scope'), 'repository:private:pull');
  await assert.rejects(pull('refresh-0'), /pull access denied/);
});
