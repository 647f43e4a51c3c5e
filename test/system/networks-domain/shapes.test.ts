import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openApiFixture } from '../../lib/api-fixture.ts';
import { request } from '../../lib/engine-fixture.ts';
import { hasDescription, OpenApi } from '../../lib/openapi.ts';

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

function call(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const message = httpRequest({ socketPath, method, path: `/v1.50${path}`, headers }, (response) => {
    text(response).then((all) => {
      resolve({ status: response.statusCode ?? 0, value: /^[[{]/.test(all) ? JSON.parse(all) : all });
    }, reject);
  });
  message.on('error', reject);
  message.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

const skip = hasDescription() ? false : 'the OpenAPI description is not beside the repository';
/** Docker's daemon answers so, and its description does not say it. */
const UNDESCRIBED =
  /(IPAM\.(Options|Config)|NetworksDeleted|MemorySwappiness) is null|^\$\.(code|hint) is not described|networks(\/create)? may not answer 4/;

test('every call about networks answers with the status and the shape that docker promises', { skip }, async () => {
  await using api = await openApiFixture();
  const openApi = new OpenApi();
  const problems: string[] = [];
  const check = async (method: string, path: string, template: string, status: number, body?: unknown) => {
    const answer = await call(api.socketPath, method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.value)}`);
    const found = openApi.check(method, template, status, answer.value).filter((problem) => !UNDESCRIBED.test(problem));
    problems.push(...found.map((problem) => `${method} ${path} ${status}: ${problem}`));
    return answer.value as Record<string, unknown>;
  };
  const body = { Name: 'n/1', CheckDuplicate: true, EnableIPv6: true, Options: null, Labels: null, IPAM: null };
  const made = await check('POST', '/networks/create', '/networks/create', 201, body);
  assert.equal(made['Warning'], '');
  const ignored = await check('POST', '/networks/create', '/networks/create', 201, {
    Name: 'w',
    Options: { bogus: '1' },
  });
  assert.equal(ignored['Warning'], 'options that mean nothing to the driver bridge: bogus');
  await check('POST', '/networks/create', '/networks/create', 409, body);
  await check('POST', '/networks/create', '/networks/create', 403, { Name: 'host' });
  await check('POST', '/networks/create', '/networks/create', 404, { Name: 'x', Driver: 'nope' });
  await check('POST', '/networks/create', '/networks/create', 400, { Name: 3 });
  await check('POST', '/networks/create', '/networks/create', 400, {});
  await check('GET', '/networks', '/networks', 200);
  await check('GET', '/networks?filters={"driver":["bridge"]}', '/networks', 200);
  await check('GET', '/networks?filters={"x":["y"]}', '/networks', 400);
  for (const ref of ['n/1', 'n%2F1', String(made['Id'])]) {
    await check('GET', `/networks/${ref}`, '/networks/{id}', 200);
  }
  await check('GET', '/networks/w?verbose=true&scope=local', '/networks/{id}', 200);
  await check('GET', '/networks/w?scope=swarm', '/networks/{id}', 404);
  await check('GET', '/networks/nope', '/networks/{id}', 404);
  const { Id } = await api.remote.containers.create(request(['sleep', '1000'], { HostConfig: { NetworkMode: 'n/1' } }));
  await api.remote.containers.start(Id);
  const there = await check('GET', '/networks/n/1', '/networks/{id}', 200);
  assert.deepEqual(Object.keys(there['Containers'] as object), [Id]);
  await check('GET', `/containers/${Id}/json`, '/containers/{id}/json', 200);
  await check('POST', '/networks/w/connect', '/networks/{id}/connect', 200, { Container: Id });
  await check('POST', '/networks/w/connect', '/networks/{id}/connect', 403, { Container: Id });
  await check('POST', '/networks/w/connect', '/networks/{id}/connect', 404, { Container: 'nope' });
  await check('POST', '/networks/nope/connect', '/networks/{id}/connect', 404, { Container: Id });
  await check('POST', '/networks/w/disconnect', '/networks/{id}/disconnect', 200, { Container: Id, Force: true });
  await check('POST', '/networks/w/disconnect', '/networks/{id}/disconnect', 403, { Container: Id });
  await check('POST', '/networks/nope/disconnect', '/networks/{id}/disconnect', 404, { Container: Id });
  await check('DELETE', '/networks/n/1', '/networks/{id}', 403);
  await check('DELETE', '/networks/bridge', '/networks/{id}', 403);
  await check('DELETE', '/networks/nope', '/networks/{id}', 404);
  await check('DELETE', '/networks/w', '/networks/{id}', 204);
  await api.remote.containers.remove(Id, { force: true });
  const pruned = await check('POST', '/networks/prune', '/networks/prune', 200);
  assert.deepEqual(pruned, { NetworksDeleted: ['n/1'] });
  await check('POST', '/networks/prune', '/networks/prune', 200);
  assert.deepEqual(problems, []);
});
