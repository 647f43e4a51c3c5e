/** What clients of others rely on, and what older ones see. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { demultiplex } from '#client/demux.ts';
import { openApiFixture } from '../../lib/api-fixture.ts';
import { callSocket } from '../../lib/daemon-process.ts';
import { request } from '../../lib/engine-fixture.ts';

/** Takes a connection over; resolves with what comes after the head of the answer. */
async function takeOver(socketPath: string, path: string, body: unknown): Promise<Buffer> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const json = JSON.stringify(body);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
  );
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const all = Buffer.concat(chunks);
  assert.match(all.toString('latin1'), /^HTTP\/1.1 101 /);
  return all.subarray(all.indexOf('\r\n\r\n') + 4);
}

async function unframe(bytes: Buffer): Promise<string> {
  const [source, out] = [new PassThrough(), new PassThrough()];
  source.end(bytes);
  const read = text(out);
  await demultiplex(source, { stdout: out, stderr: out });
  out.end();
  return read;
}

test('whether the output of an exec has frames is said when it starts', async () => {
  await using api = await openApiFixture();
  const { Id } = await api.remote.containers.create(request(['sleep', '1000']));
  await api.remote.containers.start(Id);
  const run = async (created: boolean, started: boolean) => {
    const exec = await api.remote.execs.create(Id, { Cmd: ['echo', 'word'], AttachStdout: true, Tty: created });
    return takeOver(api.socketPath, `/exec/${exec.Id}/start`, { Tty: started });
  };
  assert.equal(await unframe(await run(true, false)), 'word\r\n');
  assert.equal(String(await run(true, true)), 'word\r\n');
  assert.equal(String(await run(false, true)), 'word\n');
  assert.equal(await unframe(await run(false, false)), 'word\n');
  await api.remote.containers.remove(Id, { force: true });
});

test('older clients meet what their version had', async () => {
  await using api = await openApiFixture();
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await callSocket(api.socketPath, method, path, body);
    return { status: answer.status, value: JSON.parse(answer.text) };
  };
  const two = { Cmd: ['true'], Image: 'busybox', NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } };
  const refused = await call('POST', '/v1.43/containers/create', two);
  assert.equal(refused.status, 400);
  assert.match(refused.value.message, /^Container cannot be created with multiple network endpoints/);
  const { value: made } = await call('POST', '/v1.39/containers/create', { ...request(['true']), MacAddress: '' });
  const { value: seen } = await call('GET', `/v1.44/containers/${made.Id}/json`);
  assert.equal(seen.HostConfig.IpcMode, 'shareable');
  const { value: usage } = await call('GET', '/v1.50/system/df?type=volume');
  assert.deepEqual([usage.Images, usage.Containers, usage.Volumes, usage.BuildCache], [null, null, [], null]);
  const resized = await call('POST', `/containers/${made.Id}/resize?h=-1&w=1`);
  assert.equal(resized.value.message, 'invalid resize height "-1": value out of range');
  const broken = await call('GET', `/containers/${made.Id}/archive?path=/etc/passwd/`);
  assert.deepEqual([broken.status, /not a directory$/.test(broken.value.message)], [400, true]);
});
