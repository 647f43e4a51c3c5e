import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ApiMethod, ApiResponse } from '#spec/docker-api/exchange.ts';
import { type ApiFixture, openApiFixture } from '../../lib/api-fixture.ts';
import { IMAGE, request } from '../../lib/engine-fixture.ts';
import { hasDescription, OpenApi } from '../../lib/openapi.ts';

/** Ends what nobody reads. */
function discard({ body }: ApiResponse): void {
  if (body.kind === 'stream' || body.kind === 'upgraded') body.stream.destroy();
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function call(api: ApiFixture, method: string, path: string, body?: unknown): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const message = httpRequest({ socketPath: api.socketPath, method, path: `/v1.50${path}`, headers }, (response) => {
    text(response).then((all) => resolve({ status: response.statusCode ?? 0, text: all }), reject);
  });
  message.on('error', reject);
  message.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** Fields that docker's daemon sends and its description leaves out, or describes as something else. */
const UNDESCRIBED = [
  /\.precpu_stats\.system_cpu_usage/,
  /^\$\.(GoVersion|ID) /,
  /^\$\.(code|hint) is not described/,
  /MemorySwappiness is null/,
  /^\$\.ExitCode is null/,
  /^\$\.(status|id|from) is not described/,
  // Wanted by the description, and not described there.
  /\.ImageData\.UnpackedSize is not described/,
];

const skip = hasDescription() ? false : 'the OpenAPI description is not beside the repository';

test('every answer has the shape that the OpenAPI description promises', { skip }, async () => {
  await using api = await openApiFixture();
  const openApi = new OpenApi();
  const problems: string[] = [];
  const check = async (method: string, path: string, template: string, body?: unknown) => {
    const answer = await call(api, method, path, body);
    const value: unknown = /^[[{"n]/.test(answer.text) ? JSON.parse(answer.text.split('\n')[0]!) : answer.text;
    const found = openApi.check(method, template, answer.status, value);
    problems.push(
      ...found
        .filter((problem) => !UNDESCRIBED.some((known) => known.test(problem)))
        .map((problem) => `${method} ${template} ${answer.status}: ${problem}`),
    );
    return { ...answer, value: value as Record<string, string> };
  };
  const create = request(['sleep', '1000'], { Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} } });
  const { value: made } = await check('POST', '/containers/create?name=shape', '/containers/create', create);
  assert.match(made['Id'] ?? '', /^[0-9a-f]{64}$/);
  const one = '/containers/shape';
  await check('GET', `${one}/json?size=1`, '/containers/{id}/json');
  await check('POST', `${one}/start`, '/containers/{id}/start');
  await check('POST', `${one}/start`, '/containers/{id}/start');
  await check('GET', `${one}/json`, '/containers/{id}/json');
  await check('GET', '/containers/json?all=1&size=1', '/containers/json');
  await check('GET', `${one}/top`, '/containers/{id}/top');
  await check('GET', `${one}/stats?stream=0&one-shot=1`, '/containers/{id}/stats');
  await check('GET', `${one}/changes`, '/containers/{id}/changes');
  await check('GET', `${one}/logs?stdout=1`, '/containers/{id}/logs');
  await check('POST', `${one}/update`, '/containers/{id}/update', { Memory: 64 << 20, MemorySwap: 64 << 20 });
  const exec = await check('POST', `${one}/exec`, '/containers/{id}/exec', { Cmd: ['true'], AttachStdout: true });
  await check('GET', `/exec/${exec.value['Id']}/json`, '/exec/{id}/json');
  await check('POST', `/exec/${exec.value['Id']}/start`, '/exec/{id}/start', { Detach: true });
  await check('GET', `/exec/${exec.value['Id']}/json`, '/exec/{id}/json');
  await check('POST', `${one}/pause`, '/containers/{id}/pause');
  await check('GET', '/containers/json', '/containers/json');
  await check('POST', `${one}/unpause`, '/containers/{id}/unpause');
  await check('POST', `${one}/rename?name=shaped`, '/containers/{id}/rename');
  await check('POST', '/containers/shaped/kill', '/containers/{id}/kill');
  await check('POST', '/containers/shaped/wait', '/containers/{id}/wait');
  await check('POST', '/containers/shaped/stop', '/containers/{id}/stop');
  const committed = await check('POST', '/commit?container=shaped&repo=made', '/commit', {});
  assert.match(committed.value['Id'] ?? '', /^sha256:[0-9a-f]{64}$/);
  await check('GET', '/images/json?all=1&shared-size=1', '/images/json');
  await check('GET', '/images/json?manifests=1', '/images/json');
  await check('GET', `/images/${IMAGE}/json`, '/images/{name}/json');
  await check('GET', `/images/${IMAGE}/json?manifests=1`, '/images/{name}/json');
  await check('GET', '/images/made/history', '/images/{name}/history');
  await check('POST', '/images/made/tag?repo=other&tag=v1', '/images/{name}/tag');
  await check('DELETE', '/images/other:v1', '/images/{name}');
  await check('GET', '/info', '/info');
  await check('GET', '/version', '/version');
  await check('GET', '/_ping', '/_ping');
  await check('GET', '/system/df', '/system/df');
  await check('GET', `/events?since=0&until=${Date.now() / 1000}`, '/events');
  await check('POST', '/containers/prune', '/containers/prune');
  await check('DELETE', '/images/made', '/images/{name}');
  await check('POST', '/images/prune', '/images/prune');
  assert.deepEqual(problems, []);
});

test('every failure has a status that the OpenAPI description knows, and a message', { skip }, async () => {
  await using api = await openApiFixture();
  const openApi = new OpenApi();
  const cases: [string, string, string, unknown?][] = [
    ['GET', '/containers/nope/json', '/containers/{id}/json'],
    ['POST', '/containers/nope/start', '/containers/{id}/start'],
    ['DELETE', '/containers/nope', '/containers/{id}'],
    ['GET', '/containers/nope/logs?stdout=1', '/containers/{id}/logs'],
    ['GET', '/containers/nope/stats', '/containers/{id}/stats'],
    ['GET', '/containers/nope/archive?path=/', '/containers/{id}/archive'],
    ['POST', '/containers/create', '/containers/create', { Image: 'nope' }],
    ['POST', '/containers/create', '/containers/create', { Image: 3 }],
    ['GET', '/containers/json?filters=x', '/containers/json'],
    ['GET', '/images/nope/json', '/images/{name}/json'],
    ['DELETE', '/images/nope', '/images/{name}'],
    ['POST', '/containers/nope/exec', '/containers/{id}/exec', { Cmd: ['true'] }],
    ['GET', '/exec/nope/json', '/exec/{id}/json'],
    ['GET', '/events?since=x', '/events'],
  ];
  for (const [method, path, template, body] of cases) {
    const answer = await call(api, method, path, body);
    const value = JSON.parse(answer.text) as { message: string };
    assert.ok(answer.status >= 400, `${method} ${path}: ${answer.status}`);
    assert.ok(value.message.length > 0);
    const found = openApi.check(method, template, answer.status, value);
    assert.deepEqual(
      found.filter((problem) => !UNDESCRIBED.some((known) => known.test(problem))),
      [],
      `${method} ${path}: ${answer.text}`,
    );
  }
});

test('every operation of the OpenAPI description is served or refused by name', { skip }, async () => {
  await using api = await openApiFixture();
  const operations = new OpenApi().operations();
  assert.ok(operations.length > 100, `${operations.length} operations`);
  const unknown: string[] = [];
  for (const { method, path } of operations) {
    const answer = await api.dispatch({
      method: method as ApiMethod,
      path: path.replace(/\{\w+\}/g, 'nope'),
      query: { path: '/', h: 1, w: 1, stdout: true, until: 1, stream: false },
      body: { kind: 'json', value: {} },
    });
    const message =
      answer.body.kind === 'json' ? (answer.body.value as { message?: string } | null)?.message : undefined;
    if (message === 'page not found') unknown.push(`${method} ${path}`);
    discard(answer);
  }
  assert.deepEqual(unknown, []);
});
