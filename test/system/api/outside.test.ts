import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { openApiFixture } from '../../lib/api-fixture.ts';
import { callSocket } from '../../lib/daemon-process.ts';
import { request } from '../../lib/engine-fixture.ts';

const NO_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

test('what belongs to a swarm and to plugins is answered as by an engine that has neither', async () => {
  await using api = await openApiFixture();
  const cases: readonly (readonly [string, string, number, unknown])[] = [
    ['GET', '/nodes', 503, { message: NO_MANAGER }],
    ['GET', '/swarm', 503, { message: NO_MANAGER }],
    ['POST', '/services/create', 503, { message: NO_MANAGER }],
    ['POST', '/swarm/leave', 503, { message: 'This node is not part of a swarm' }],
    ['POST', '/secrets/x/update', 400, { message: 'invalid secret version' }],
    ['POST', '/secrets/x/update?version=3', 503, { message: NO_MANAGER }],
    ['GET', '/tasks/x/logs', 400, { message: 'Bad parameters: you must choose at least one stream' }],
    ['GET', '/plugins', 200, []],
    ['GET', '/plugins?filters={"x":["y"]}', 400, { message: "invalid filter 'x'" }],
    ['GET', '/plugins/some/name:1/json', 404, { message: 'plugin "some/name:1" not found' }],
    ['PATCH', '/info', 404, { message: 'page not found' }],
  ];
  for (const [method, path, status, body] of cases) {
    const answer = await callSocket(api.socketPath, method, path);
    assert.deepEqual([answer.status, JSON.parse(answer.text)], [status, body], `${method} ${path}`);
  }
});

test('errors have a message only, unless the client asks for more', async () => {
  await using api = await openApiFixture();
  const path = '/containers/nope/json';
  const plain = await callSocket(api.socketPath, 'GET', path);
  assert.equal(plain.text, '{"message":"No such container: nope"}\n');
  assert.equal(plain.headers['content-length'], String(plain.text.length));
  const more = await callSocket(api.socketPath, 'GET', path, undefined, { 'x-berth-error-details': '1' });
  assert.equal((JSON.parse(more.text) as { code: string }).code, 'container.not-found');
});

test('a body that is too large is refused, and the connection is of no more use', async () => {
  await using api = await openApiFixture();
  const body = { Image: 'x', Cmd: ['y'.repeat(17 << 20)] };
  const answer = await callSocket(api.socketPath, 'POST', '/containers/create', body).catch(
    (error: NodeJS.ErrnoException) => error,
  );
  // The engine answers before it has read everything: whether the client sees the answer is up to the kernel.
  if (answer instanceof Error) assert.match(String(answer.code), /EPIPE|ECONNRESET/);
  else assert.deepEqual([answer.status, /larger than/.test(answer.text)], [400, true]);
  assert.equal((await callSocket(api.socketPath, 'GET', '/_ping')).text, 'OK');
});

test('a container without a terminal comes through a websocket as one stream without frames', async () => {
  await using api = await openApiFixture();
  const { containers } = api.engine.core;
  const script = 'echo out; echo err >&2; read line; echo "got $line"';
  const { Id } = await containers.create(request(['sh', '-c', script], { OpenStdin: true, StdinOnce: true }));
  await containers.start(Id);
  const url = `ws+unix://${api.socketPath}:/v1.41/containers/${Id}/attach/ws?stream=1&stdin=1&stdout=1&stderr=1&logs=1`;
  const socket = new WebSocket(url);
  let output = '';
  socket.on('message', (data: Buffer) => {
    output += String(data);
    if (output.includes('out\n') && output.includes('err\n')) socket.send('hello\n');
  });
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
  assert.match(output, /got hello\n/);
  assert.doesNotMatch(output, /\0/);
});
