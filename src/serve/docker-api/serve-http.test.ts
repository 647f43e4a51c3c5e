import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair, PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BerthError } from '#base/errors.ts';
import { bytes, empty, json, lines, processStream } from './responses.ts';
import { createRouter, type Route } from './router.ts';
import { serveHttp } from './serve-http.ts';

/** A process that answers each chunk in upper case and says goodbye when its input ends. */
function shouting() {
  const [inside, outside] = duplexPair();
  inside.on('data', (chunk) => inside.write(String(chunk).toUpperCase()));
  inside.on('end', () => inside.end('bye'));
  return outside;
}

async function serve(routes: readonly Route[]) {
  const directory = mkdtempSync(join(tmpdir(), 'berth-http-'));
  const socketPath = join(directory, 's');
  const server = await serveHttp(createRouter(routes), socketPath);
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

function call(socketPath: string, method: string, path: string, body?: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; type: string; text: string }>();
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const message = request({ socketPath, method, path, headers }, (response) => {
    text(response).then(
      (all) => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: all }),
      reject,
    );
  });
  message.on('error', reject);
  message.end(body);
  return promise;
}

/** Writes a whole request by hand and reads until the server closes. */
async function raw(socketPath: string, head: string[], rest: (socket: Socket) => void): Promise<string> {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  rest(socket);
  const all = await text(socket);
  socket.destroy();
  return all;
}

const UPGRADE = ['Host: x', 'Connection: Upgrade', 'Upgrade: tcp', 'Content-Type: application/json'];

test('serveHttp() carries documents, texts, lines, bytes and statuses', async () => {
  await using server = await serve([
    { method: 'GET', path: '/doc', handle: async (c) => json({ q: c.text('q'), many: c.texts('n') }) },
    { method: 'POST', path: '/doc', handle: async (c) => json(await c.json(), 201) },
    { method: 'GET', path: '/lines', handle: async () => lines(Readable.from([{ a: 1 }, { b: 2 }])) },
    {
      method: 'GET',
      path: '/bytes',
      handle: async () => bytes(Readable.from([Buffer.from('xyz')]), 'application/x-tar'),
    },
    { method: 'DELETE', path: '/doc', handle: async () => empty(204) },
    { method: 'HEAD', path: '/doc', handle: async () => json({ never: 'sent' }) },
  ]);
  const at = (method: string, path: string, body?: string) => call(server.socketPath, method, path, body);
  assert.deepEqual(await at('GET', '/v1.50/doc?q=a%20b&n=1&n=2'), {
    status: 200,
    type: 'application/json',
    text: '{"q":"a b","many":["1","2"]}\n',
  });
  assert.equal((await at('POST', '/doc', '{"x":"€"}')).text, '{"x":"€"}\n');
  assert.equal((await at('GET', '/lines')).text, '{"a":1}\n{"b":2}\n');
  assert.deepEqual(await at('GET', '/bytes'), { status: 200, type: 'application/x-tar', text: 'xyz' });
  assert.equal((await at('DELETE', '/doc')).status, 204);
  assert.deepEqual(await at('HEAD', '/doc'), { status: 200, type: 'application/json', text: '' });
  assert.equal((await at('OPTIONS', '/doc')).status, 404);
  assert.equal((await at('GET', '/other')).text, '{"message":"page not found"}\n');
});

test('serveHttp() sends the head of lines before there is one, and tells the handler when the client goes', async () => {
  const gone = Promise.withResolvers<void>();
  const hang = async function* (abort: AbortSignal | undefined) {
    abort?.addEventListener('abort', () => gone.resolve());
    await gone.promise;
    yield {};
  };
  await using server = await serve([{ method: 'GET', path: '/wait', handle: async (c) => lines(hang(c.abort)) }]);
  const head = Promise.withResolvers<number>();
  const message = request({ socketPath: server.socketPath, path: '/wait' }, (response) => {
    response.on('error', () => {});
    head.resolve(response.statusCode ?? 0);
  });
  message.on('error', () => {});
  message.end();
  assert.equal(await head.promise, 200);
  message.destroy();
  await gone.promise;
});

test('serveHttp() hands over the connection with the body apart from the input, and half-closes', async () => {
  const bodies: unknown[] = [];
  await using server = await serve([
    {
      method: 'POST',
      path: '/exec/x/start',
      handle: async (c) => {
        bodies.push(await c.json({ optional: true }));
        return processStream(shouting(), false, c.version, c.request.upgrade === true);
      },
    },
  ]);
  const body = '{"Tty":true}';
  const head = ['POST /v1.50/exec/x/start HTTP/1.1', ...UPGRADE, `Content-Length: ${body.length}`];
  // All at once, in single bytes, and without a body: the input must never be taken for the body or the other way round.
  const answers = [
    await raw(server.socketPath, head, (socket) => socket.end(`${body}hello`)),
    await raw(server.socketPath, head, (socket) => {
      void (async () => {
        for (const byte of `${body}hello`) {
          socket.write(byte);
          await sleep(1);
        }
        socket.end();
      })();
    }),
    await raw(server.socketPath, ['POST /exec/x/start HTTP/1.1', ...UPGRADE], (socket) => socket.end('hello')),
  ];
  for (const answer of answers) {
    assert.match(answer, /^HTTP\/1\.1 101 UPGRADED\r\n/);
    assert.match(answer, /\r\ncontent-type: application\/vnd\.docker\.raw-stream\r\n/i);
    assert.match(answer, /\r\n\r\nHELLObye$/);
  }
  assert.deepEqual(bodies, [{ Tty: true }, { Tty: true }, undefined]);
});

test('serveHttp() answers an upgrade that fails with a status, and a process without upgrade with its bytes', async () => {
  const output = () => {
    const stream = new PassThrough();
    stream.end('only output');
    return stream;
  };
  await using server = await serve([
    {
      method: 'POST',
      path: '/containers/x/attach',
      handle: async () => {
        throw new BerthError('not-found', 'container.not-found', 'No such container: x');
      },
    },
    {
      method: 'POST',
      path: '/output',
      handle: async (c) => processStream(output(), true, c.version, c.request.upgrade === true),
    },
  ]);
  const answer = await raw(server.socketPath, ['POST /containers/x/attach HTTP/1.1', ...UPGRADE], () => {});
  assert.match(answer, /^HTTP\/1\.1 404 /);
  assert.match(answer, /\{"message":"No such container: x"/);
  const plain = await call(server.socketPath, 'POST', '/output');
  assert.deepEqual(plain, { status: 200, type: 'application/vnd.docker.multiplexed-stream', text: 'only output' });
});
