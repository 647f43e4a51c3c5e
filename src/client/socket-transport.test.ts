import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { connect } from './client.ts';
import { completeHost, parseEngineHost } from './engine-host.ts';
import { socketTransport } from './socket-transport.ts';

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const directory = mkdtempSync(join(tmpdir(), 'berth-client-'));
  const path = join(directory, 's');
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    server,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

test('socketTransport() speaks the older of the two versions', async () => {
  const seen: string[] = [];
  using engine = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.setHeader('api-version', '1.41');
    response.setHeader('content-type', 'application/json');
    response.end(request.method === 'HEAD' ? undefined : '[]');
  });
  const client = connect(socketTransport(engine.host));
  await client.containers.list({ all: true, limit: 2 });
  await client.containers.list();
  assert.deepEqual(seen, ['HEAD /_ping', 'GET /v1.41/containers/json?all=1&limit=2', 'GET /v1.41/containers/json']);
  assert.equal(await client.apiVersion(), '1.41');
  await client.close();
  const fixed = connect(socketTransport(engine.host, { version: '1.30' }));
  await fixed.containers.list();
  assert.equal(seen.at(-1), 'GET /v1.30/containers/json');
  await fixed.close();
});

test('socketTransport() sends bodies and gives an answer that comes before all of a body was read', async () => {
  using engine = await serve((request, response) => {
    if (request.url?.includes('archive')) {
      response.statusCode = 404;
      response.setHeader('connection', 'close');
      response.end('{"message":"no such file"}');
      return;
    }
    void text(request).then((body) =>
      response.end(JSON.stringify({ Id: `${request.headers['content-type']} ${body}` })),
    );
  });
  const client = connect(socketTransport(engine.host, { version: '1.50' }));
  assert.deepEqual(await client.containers.create({ Image: 'x' }), { Id: 'application/json {"Image":"x"}' });
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(65_536);
    })(),
    { objectMode: false },
  );
  await assert.rejects(client.containers.putArchive('x', '/', endless), (error) => isBerthError(error, 'not-found'));
  endless.destroy();
  await client.close();
});

test('socketTransport() hands over the connection after an upgrade', async () => {
  using engine = await serve(() => {});
  engine.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello ');
    socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
    socket.on('end', () => socket.end('!'));
  });
  const client = connect(socketTransport(engine.host, { version: '1.50' }));
  const { stream, multiplexed } = await client.containers.attach('x', { stdin: true, stdout: true, stream: true });
  assert.equal(multiplexed, undefined);
  stream.end('world');
  assert.equal(await text(stream), 'hello WORLD!');
  await client.close();
});

test('socketTransport() says whom it cannot reach, and stops when aborted', async () => {
  const client = connect(socketTransport('unix:///nonexistent/berth.sock'));
  await assert.rejects(client.system.info(), (error) => {
    const words =
      'Cannot connect to the Docker daemon at unix:///nonexistent/berth.sock. Is the docker daemon running?';
    return isBerthError(error, 'unavailable') && error.message === words;
  });
  using engine = await serve(() => {});
  const silent = connect(socketTransport(engine.host, { version: '1.50' }));
  const reason = new Error('enough');
  const aborter = new AbortController();
  const waiting = silent.system.info(aborter.signal);
  aborter.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  await silent.close();
});

test('completeHost() takes what has no scheme for TCP, as docker does', () => {
  const complete = (host: string) => completeHost(host, false);
  assert.deepEqual(['127.0.0.1:1', 'h', ':1', '[::1]:1', 'h:1/base', '/tmp/x.sock'].map(complete), [
    'tcp://127.0.0.1:1',
    'tcp://h:2375',
    'tcp://localhost:1',
    'tcp://[::1]:1',
    'tcp://h:1/base',
    'tcp://localhost:2375/tmp/x.sock',
  ]);
  assert.equal(completeHost('h', true), 'tcp://h:2376');
  for (const host of ['unix:///x', 'foo://x', 'a b:c:d', '']) assert.equal(complete(host), host);
});

test('parseEngineHost() reads the hosts that docker knows', () => {
  assert.deepEqual(parseEngineHost('unix:///run/x.sock'), { kind: 'unix', socketPath: '/run/x.sock' });
  assert.deepEqual(parseEngineHost('tcp://h'), { kind: 'tcp', host: 'h', port: 2375, basePath: '' });
  assert.deepEqual(parseEngineHost('tcp://[::1]:5/base/'), { kind: 'tcp', host: '::1', port: 5, basePath: '/base' });
  assert.throws(() => parseEngineHost('nonsense'), /unable to parse docker host `nonsense`/);
  assert.deepEqual(parseEngineHost('tcp://h', true), { kind: 'tcp', host: 'h', port: 2376, basePath: '' });
  assert.deepEqual(parseEngineHost('ssh://me@h:22'), { kind: 'ssh', host: 'h', port: 22, user: 'me' });
  assert.throws(() => parseEngineHost('ssh://me:secret@h'), /plain-text password/);
  assert.throws(
    () => parseEngineHost('npipe://x'),
    (error) => isBerthError(error, 'unsupported'),
  );
});
