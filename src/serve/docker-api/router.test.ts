import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { BerthError } from '#base/errors.ts';
import type { ApiRequest } from '#spec/docker-api/exchange.ts';
import { empty, json } from './responses.ts';
import { createRouter } from './router.ts';

const router = createRouter([
  { method: 'GET', path: '/things/{id}/json', handle: async (c) => json([c.parameter('id'), c.version]) },
  { method: 'GET', path: '/things/{name*}/deep', handle: async (c) => json(c.parameter('name')) },
  { method: 'POST', path: '/things/create', handle: async (c) => json(await c.json(), 201) },
  { method: 'DELETE', path: '/things/{id}', handle: async () => empty(204) },
  {
    method: 'GET',
    path: '/fail/{kind}',
    handle: async (c) => {
      if (c.parameter('kind') === 'bug') throw new TypeError('x is not a function');
      throw new BerthError(c.parameter('kind') as 'conflict', 'test.fail', 'it failed', { hint: 'do not' });
    },
  },
]);

function get(path: string, rest: Partial<ApiRequest> = {}) {
  return router({ method: 'GET', path, ...rest });
}

async function messageFor(request: Partial<ApiRequest>): Promise<string> {
  const response = await router({ method: 'POST', path: '/things/create', ...request });
  assert.equal(response.status, 400);
  return response.body.kind === 'json' ? (response.body.value as { message: string }).message : '';
}

function textBody(text: string, contentType = 'application/json'): Partial<ApiRequest> {
  return { body: { kind: 'stream', stream: Readable.from([Buffer.from(text)], { objectMode: false }), contentType } };
}

test('createRouter() finds handlers with and without a version and decodes parameters', async () => {
  assert.deepEqual((await get('/things/a%2Fb/json')).body, { kind: 'json', value: ['a/b', '1.50'] });
  assert.deepEqual((await get('/v1.41/things/x/json')).body, { kind: 'json', value: ['x', '1.41'] });
  assert.deepEqual((await get('/v1.41/things/repo/name:tag/deep')).body, { kind: 'json', value: 'repo/name:tag' });
});

test('createRouter() answers what it does not know and versions it does not speak like docker', async () => {
  const messages = await Promise.all(
    [get('/nothing'), get('/things/x'), get('/v1.99/things/x/json'), get('/v1.10/things/x/json')].map(async (each) => {
      const { status, body } = await each;
      return [status, body.kind === 'json' && (body.value as { message: string }).message];
    }),
  );
  assert.deepEqual(messages, [
    [404, 'page not found'],
    [404, 'page not found'],
    [400, 'client version 1.99 is too new. Maximum supported API version is 1.50'],
    [
      400,
      'client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ],
  ]);
});

test('createRouter() turns failures into statuses, mistakes of the program into 500', async () => {
  assert.deepEqual(await get('/fail/conflict'), {
    status: 409,
    headers: {},
    body: { kind: 'json', value: { message: 'it failed', code: 'test.fail', hint: 'do not' } },
  });
  assert.deepEqual(await get('/fail/not-modified'), { status: 304, headers: {}, body: { kind: 'empty' } });
  assert.equal((await get('/fail/unsupported')).status, 501);
  assert.deepEqual(await get('/fail/bug'), {
    status: 500,
    headers: {},
    body: { kind: 'json', value: { message: 'x is not a function' } },
  });
});

test('RequestContext.json() reads bodies and refuses bad ones like docker', async () => {
  const good = await router({ method: 'POST', path: '/things/create', ...textBody('{"a":1}') });
  assert.deepEqual([good.status, good.body], [201, { kind: 'json', value: { a: 1 } }]);
  assert.equal(await messageFor({}), 'invalid JSON: got EOF while reading request body');
  assert.equal(await messageFor(textBody('')), 'invalid JSON: got EOF while reading request body');
  assert.equal(
    await messageFor(textBody('x', 'text/plain')),
    "unsupported Content-Type header (text/plain): must be 'application/json'",
  );
  assert.equal(await messageFor(textBody('{')), 'invalid JSON: unexpected EOF');
  assert.equal(await messageFor(textBody('{"a":1,')), 'invalid JSON: unexpected EOF');
  assert.equal(await messageFor(textBody('{} {}')), 'unexpected content after JSON');
  assert.equal(
    await messageFor(textBody('{"a":}')),
    "invalid JSON: invalid character '}' looking for beginning of value",
  );
});
