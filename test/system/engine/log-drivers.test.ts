import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLogs } from '#engine/logs/log-reader.ts';
import { type EngineFixture, eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';

const SINK = fileURLToPath(new URL('../../lib/datagram-sink.py', import.meta.url));
const SAY = 'echo one; echo two >&2; printf rest';

/** Datagrams that arrive at a unix socket, or at a UDP port when the place is `udp`. */
async function openSink(place: string) {
  const child = spawn('python3', [SINK, place], { stdio: ['ignore', 'pipe', 'inherit'] });
  const messages: Buffer[] = [];
  const lines = createInterface({ input: child.stdout });
  const [first] = (await once(lines, 'line')) as [string];
  lines.on('line', (line) => messages.push(Buffer.from(line, 'hex')));
  return {
    first,
    messages,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

async function runToEnd(fixture: EngineFixture, Type: string, Config: Record<string, string>): Promise<string> {
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(['sh', '-c', SAY], { HostConfig: { LogConfig: { Type, Config } } }));
  const { done } = await containers.wait(Id, 'next-exit');
  await containers.start(Id);
  await done;
  return Id;
}

async function textOf(fixture: EngineFixture, id: string): Promise<string> {
  const { stream } = await createLogs(fixture.core.containers).read(id, { stdout: true, stderr: true });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

test('syslog over UDP gets every line, and logs still reads them', async () => {
  await using fixture = await openEngineFixture();
  await using sink = await openSink('udp');
  const id = await runToEnd(fixture, 'syslog', { 'syslog-address': `udp://127.0.0.1:${sink.first}`, tag: 'app' });
  await eventually('three messages', async () => (sink.messages.length >= 3 ? true : undefined));
  const texts = sink.messages.map(String).sort();
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`;
  assert.match(texts[0] ?? '', new RegExp(`^<27> ${time} \\S+ app\\[\\d+\\]: two$`));
  assert.match(texts[1] ?? '', new RegExp(`^<30> ${time} \\S+ app\\[\\d+\\]: one$`));
  assert.match(texts[2] ?? '', /: rest$/);
  const kept = await textOf(fixture, id);
  for (const word of ['one\n', 'two\n', 'rest']) assert.ok(kept.includes(word), word);
});

test('syslog over TCP counts its messages in the format of RFC 5424', async () => {
  await using fixture = await openEngineFixture();
  const received: Buffer[] = [];
  const server = createServer((socket) => socket.on('data', (chunk: Buffer) => received.push(chunk))).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const address = { 'syslog-address': `tcp://127.0.0.1:${port}`, 'syslog-format': 'rfc5424', tag: 'app' };
  const id = await runToEnd(fixture, 'syslog', { ...address, 'cache-disabled': 'true' });
  const text = () => Buffer.concat(received).toString();
  await eventually('the rest', async () => (text().endsWith('rest') ? true : undefined));
  server.close();
  let left = text();
  const messages: string[] = [];
  while (left !== '') {
    const [count = '', size = ''] = /^(\d+) /.exec(left) ?? assert.fail(`no count at ${left}`);
    messages.push(left.slice(count.length, count.length + Number(size)));
    left = left.slice(count.length + Number(size));
  }
  assert.equal(messages.length, 3);
  for (const message of messages) assert.match(message, /^<\d+>1 \S+ \S+ app \d+ app - (one|two|rest)$/);
  await assert.rejects(textOf(fixture, id), /configured logging driver does not support reading/);
});

test('a syslog that goes away does not stop the container', async () => {
  await using fixture = await openEngineFixture();
  const path = join(fixture.scratch, 'syslog');
  const sink = await openSink(path);
  const { containers } = fixture.core;
  const script = 'echo first; while ! test -e /host/go; do sleep 0.05; done; echo second; exit 5';
  const LogConfig = { Type: 'syslog', Config: { 'syslog-address': `unixgram://${path}` } };
  const HostConfig = { LogConfig, Binds: [`${fixture.scratch}:/host`] };
  const { Id } = await containers.create(request(['sh', '-c', script], { HostConfig }));
  const { done } = await containers.wait(Id, 'next-exit');
  await containers.start(Id);
  await eventually('the first line', async () => (sink.messages.length > 0 ? true : undefined));
  assert.match(String(sink.messages[0]), /^<30>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [0-9a-f]{12}\[\d+\]: first$/);
  await sink[Symbol.asyncDispose]();
  writeFileSync(join(fixture.scratch, 'go'), '');
  assert.deepEqual(await done, { StatusCode: 5 });
  assert.match(await textOf(fixture, Id), /second/);
});

test('a log that cannot be reached fails the start and leaves nothing', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const start = async (Type: string, Config: Record<string, string>) => {
    const { Id } = await containers.create(request(['true'], { HostConfig: { LogConfig: { Type, Config } } }));
    await containers.start(Id);
  };
  await assert.rejects(start('syslog', { 'syslog-address': 'unixgram:///no/such/socket' }), /\/no\/such\/socket/);
  await assert.rejects(start('syslog', { 'syslog-address': 'tcp://127.0.0.1:1' }), /refused|ECONNREFUSED/);
});

test('the driver local is read like json-file', async () => {
  await using fixture = await openEngineFixture();
  const id = await runToEnd(fixture, 'local', { 'max-size': '1m' });
  assert.match(await textOf(fixture, id), /rest$/);
  assert.equal((await fixture.core.containers.inspect(id)).LogPath, '');
});

test('mode=non-blocking: a syslog that does not read costs messages, not time or half messages', async () => {
  await using fixture = await openEngineFixture();
  const received: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const Config = {
    'syslog-address': `tcp://127.0.0.1:${port}`,
    'syslog-format': 'rfc5424',
    'cache-max-size': '100m',
    mode: 'non-blocking',
    'max-buffer-size': '256k',
  };
  const { containers } = fixture.core;
  const count = 100_000;
  const script = `i=0; while [ $i -lt ${count} ]; do echo message number $i of a long row; i=$((i+1)); done`;
  const { Id } = await containers.create(
    request(['sh', '-c', script], { HostConfig: { LogConfig: { Type: 'syslog', Config } } }),
  );
  const { done } = await containers.wait(Id, 'next-exit');
  await containers.start(Id);
  await eventually('nobody reads and the container goes on', async () => {
    const kept = await textOf(fixture, Id);
    return kept.includes(`number ${count - 1} `) || undefined;
  });
  const [socket] = sockets;
  const closed = once(socket!, 'close');
  socket!.on('data', (chunk: Buffer) => received.push(chunk)).resume();
  assert.deepEqual(await done, { StatusCode: 0 });
  await closed;
  server.close();
  assert.equal(sockets.length, 1);
  const text = Buffer.concat(received).toString();
  const numbers: number[] = [];
  for (let at = 0; at < text.length; ) {
    const size = Number.parseInt(text.slice(at, at + 10), 10);
    const start = at + String(size).length + 1;
    const number = / - message number (\d+) of a long row$/.exec(text.slice(start, start + size))?.[1];
    assert.ok(number !== undefined, text.slice(at, at + 200));
    numbers.push(Number(number));
    at = start + size;
  }
  assert.ok(text.length > 256 * 1024, `${text.length} bytes waited`);
  assert.ok(numbers.length < count, 'some are left out');
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
});

test('a line that a crash has torn takes no other with it', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const id = await runToEnd(fixture, 'json-file', {});
  const { logPath } = await containers.locate(id);
  appendFileSync(logPath, '{"log":"torn');
  const { done } = await containers.wait(id, 'next-exit');
  await containers.start(id);
  await done;
  const texts = (await textOf(fixture, id)).split(/[\x00-\x02]\0\0\0\0\0\0./).filter((each) => each !== '');
  assert.deepEqual(texts.sort(), ['one\n', 'one\n', 'rest', 'rest', 'two\n', 'two\n']);
});
