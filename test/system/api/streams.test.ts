/** What flows: output, input, logs, events and statistics, over the socket and in process alike. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Client } from '#client/client.ts';
import { demultiplex } from '#client/demux.ts';
import type { EventMessage } from '#spec/docker-api/system.ts';
import { type ApiFixture, openApiFixture } from '../../lib/api-fixture.ts';
import { eventually, request } from '../../lib/engine-fixture.ts';

/** Runs a test with both transports against one engine. */
async function withBoth(work: (client: Client, api: ApiFixture, name: string) => Promise<void>): Promise<void> {
  await using api = await openApiFixture();
  await work(api.remote, api, 'remote');
  await work(api.local, api, 'local');
}

async function collect(source: NodeJS.ReadableStream, multiplexed: boolean | undefined) {
  if (!multiplexed) return { stdout: await text(source), stderr: '' };
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const both = Promise.all([text(stdout), text(stderr)]);
  await demultiplex(source as PassThrough, { stdout, stderr });
  stdout.end();
  stderr.end();
  const [out, err] = await both;
  return { stdout: out, stderr: err };
}

async function runToEnd(client: Client, cmd: string[], input?: Uint8Array) {
  const { Id } = await client.containers.create(
    request(cmd, input === undefined ? {} : { OpenStdin: true, StdinOnce: true, AttachStdin: true }),
  );
  const wanted = { stream: true, stdin: input !== undefined, stdout: true, stderr: true };
  const { stream, multiplexed } = await client.containers.attach(Id, wanted);
  const { done } = await client.containers.wait(Id, 'next-exit');
  await client.containers.start(Id);
  if (input !== undefined) stream.end(input);
  const output = await collect(stream, multiplexed);
  return { id: Id, code: (await done).StatusCode, ...output };
}

/** Bytes that contain the default detach keys, which only mean something on terminals. */
function binary(size: number): Buffer {
  const bytes = randomBytes(size);
  for (let at = 0; at + 2 < size; at += 1000) bytes.set([16, 17], at);
  return bytes;
}

test('attach carries both streams and the exit status', async () => {
  await withBoth(async (client) => {
    const run = await runToEnd(client, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
    assert.deepEqual([run.code, run.stdout, run.stderr], [3, 'out\n', 'err\n']);
  });
});

test('attach and exec carry megabytes of any input to the process, and its end', async () => {
  await withBoth(async (client, _api, name) => {
    const input = binary(3_000_000);
    const sum = createHash('md5').update(input).digest('hex');
    const run = await runToEnd(client, ['md5sum'], input);
    assert.equal(run.stdout, `${sum}  -\n`);
    const { Id } = await client.containers.create(request(['sleep', '1000']), { name: `exec-${name}` });
    await client.containers.start(Id);
    const exec = await client.execs.create(Id, { Cmd: ['md5sum'], AttachStdin: true, AttachStdout: true });
    const { stream, multiplexed } = await client.execs.start(exec.Id);
    stream.end(input);
    assert.equal((await collect(stream, multiplexed)).stdout, `${sum}  -\n`);
    assert.equal((await client.execs.inspect(exec.Id)).ExitCode, 0);
    await client.containers.remove(Id, { force: true });
  });
});

test('output of megabytes arrives whole, and is in the log', async () => {
  await withBoth(async (client) => {
    const run = await runToEnd(client, [
      'sh',
      '-c',
      'i=0; while [ $i -lt 30000 ]; do echo "line $i"; i=$((i+1)); done',
    ]);
    const expected = Array.from({ length: 30_000 }, (_, n) => `line ${n}\n`).join('');
    assert.equal(run.stdout, expected);
    const log = await client.containers.logs(run.id, { stdout: true, stderr: true });
    assert.equal((await collect(log.stream, log.multiplexed)).stdout, expected);
    const tail = await client.containers.logs(run.id, { stdout: true, tail: '2' });
    assert.equal((await collect(tail.stream, tail.multiplexed)).stdout, 'line 29998\nline 29999\n');
  });
});

test('logs follow a container until it stops', async () => {
  await withBoth(async (client, _api, name) => {
    const script = 'echo one; while [ ! -e /go ]; do sleep 0.05; done; echo two';
    const { Id } = await client.containers.create(request(['sh', '-c', script]), { name: `follow-${name}` });
    await client.containers.start(Id);
    const { stream, multiplexed } = await client.containers.logs(Id, { stdout: true, follow: true });
    assert.equal(multiplexed, true);
    let seen = '';
    const stdout = new PassThrough();
    stdout.on('data', (chunk) => {
      seen += String(chunk);
    });
    const over = demultiplex(stream, { stdout });
    await eventually('the first line is followed', () => (seen === 'one\n' ? true : undefined));
    const exec = await client.execs.create(Id, { Cmd: ['touch', '/go'] });
    await client.execs.startDetached(exec.Id);
    await over;
    assert.equal(seen, 'one\ntwo\n');
  });
});

test('a terminal is one raw stream', async () => {
  await withBoth(async (client) => {
    const { Id } = await client.containers.create(request(['sh', '-c', 'echo out; echo err >&2'], { Tty: true }));
    const { stream, multiplexed } = await client.containers.attach(Id, { stream: true, stdout: true, stderr: true });
    assert.equal(multiplexed, false);
    await client.containers.start(Id);
    assert.equal(await text(stream), 'out\r\nerr\r\n');
    const log = await client.containers.logs(Id, { stdout: true, stderr: true });
    assert.deepEqual([log.multiplexed, await text(log.stream)], [false, 'out\r\nerr\r\n']);
  });
});

test('events of one client are seen live by another, and afterwards', async () => {
  await using api = await openApiFixture();
  const aborter = new AbortController();
  const seen: string[] = [];
  const live = await api.remote.system.events({ filters: { container: ['watched'] } }, aborter.signal);
  const watching = (async () => {
    for await (const event of live) seen.push(event.Action);
  })();
  const { Id } = await api.local.containers.create(request(['true']), { name: 'watched' });
  const { done } = await api.local.containers.wait(Id, 'next-exit');
  await api.local.containers.start(Id);
  await done;
  await api.local.containers.remove(Id);
  await eventually('all events were seen', () => (seen.includes('destroy') ? true : undefined));
  aborter.abort();
  await watching;
  assert.deepEqual(seen, ['create', 'start', 'die', 'destroy']);
  const past: EventMessage[] = [];
  const until = String(Date.now() / 1000);
  for await (const event of await api.local.system.events({ since: '0', until, filters: { type: ['container'] } }))
    past.push(event);
  assert.deepEqual(
    past.map(({ Action }) => Action),
    seen,
  );
  assert.ok(past.every(({ id, status, Action }) => id === Id && status === Action));
});

test('statistics come one by one until the reader stops, and all at once on demand', async () => {
  await withBoth(async (client, _api, name) => {
    const { Id } = await client.containers.create(request(['sleep', '1000']), { name: `stats-${name}` });
    await client.containers.start(Id);
    const aborter = new AbortController();
    const totals: number[] = [];
    for await (const sample of await client.containers.stats(Id, { stream: true }, aborter.signal)) {
      totals.push(sample.cpu_stats.cpu_usage.total_usage);
      assert.equal(sample.name, `/stats-${name}`);
      if (totals.length === 2) aborter.abort();
    }
    assert.equal(totals.length, 2);
    for await (const sample of await client.containers.stats(Id, { stream: false, oneShot: true })) {
      assert.equal(sample.pids_stats.current, 1);
      assert.ok((sample.memory_stats.usage ?? 0) > 0);
    }
    const { Titles, Processes } = await client.containers.top(Id, '-o pid,args');
    assert.deepEqual(Titles, ['PID', 'COMMAND']);
    assert.deepEqual(
      Processes.map(([, command]) => command),
      ['sleep 1000'],
    );
    await client.containers.remove(Id, { force: true });
  });
});

test('a wait for a removal ends with it, and one that is aborted ends at once', async () => {
  await withBoth(async (client) => {
    const { Id } = await client.containers.create(request(['sleep', '1000']));
    await client.containers.start(Id);
    const aborter = new AbortController();
    const given = await client.containers.wait(Id, 'not-running', aborter.signal);
    aborter.abort(new Error('enough'));
    await assert.rejects(given.done);
    const { done } = await client.containers.wait(Id, 'removed');
    await client.containers.remove(Id, { force: true });
    assert.equal((await done).StatusCode, 137);
  });
});
