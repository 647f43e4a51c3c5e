import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecConfig } from '#spec/docker-api/containers.ts';
import { type EngineFixture, eventually, openEngineFixture, request, split } from '../../lib/engine-fixture.ts';

async function running(fixture: EngineFixture): Promise<string> {
  const { Id } = await fixture.core.containers.create(request(['sleep', '1000'], { Env: ['A=1'], WorkingDir: '/srv' }));
  await fixture.core.containers.start(Id);
  return Id;
}

async function exec(fixture: EngineFixture, ref: string, config: ExecConfig, input?: string) {
  const { execs } = fixture.core;
  const attach = { AttachStdout: true, AttachStderr: true, AttachStdin: input !== undefined };
  const { Id } = await execs.create(ref, { ...attach, ...config });
  const { tty, stream } = await execs.start(Id, {});
  if (input !== undefined) stream?.end(input);
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const state = await eventually('the exec ended', async () => {
    const now = await execs.inspect(Id);
    return now.Running ? undefined : now;
  });
  return { id: Id, code: state.ExitCode, ...(tty ? { stdout: bytes.toString(), stderr: '' } : split(bytes)) };
}

test('exec runs with the container environment, directory and user, and with its own', async () => {
  await using fixture = await openEngineFixture();
  const id = await running(fixture);
  const plain = await exec(fixture, id, { Cmd: ['sh', '-c', 'pwd; echo $A$B; id -u; echo $HOME; exit 4'] });
  assert.deepEqual([plain.code, plain.stdout], [4, '/srv\n1\n0\n/root\n']);
  const own = await exec(fixture, id, {
    Cmd: ['sh', '-c', 'pwd; echo $A$B; id -un; echo $HOME; grep CapEff /proc/self/status | cut -f2'],
    User: 'app',
    WorkingDir: '/tmp',
    Env: ['A=9', 'B=2'],
  });
  assert.equal(own.stdout, '/tmp\n92\napp\n/home/app\n0000000000000000\n');
  const privileged = await exec(fixture, id, {
    Cmd: ['sh', '-c', 'grep CapEff /proc/self/status | cut -f2'],
    Privileged: true,
  });
  assert.ok(BigInt(`0x${privileged.stdout.trim()}`) > 0xa80425fbn);
});

test('exec passes input, separates output and error, and gives a terminal', async () => {
  await using fixture = await openEngineFixture();
  const id = await running(fixture);
  const piped = await exec(fixture, id, { Cmd: ['sh', '-c', 'cat; echo err >&2'] }, 'some input');
  assert.deepEqual([piped.stdout, piped.stderr], ['some input', 'err\n']);
  const terminal = await exec(fixture, id, {
    Cmd: ['sh', '-c', 'tty; stty size; echo $TERM'],
    Tty: true,
    ConsoleSize: [20, 50],
  });
  assert.equal(terminal.stdout, '/dev/pts/0\r\n20 50\r\nxterm\r\n');
});

test('exec of what cannot run says so in the stream and by its exit code', async () => {
  await using fixture = await openEngineFixture();
  const id = await running(fixture);
  const missing = await exec(fixture, id, { Cmd: ['nope'] });
  assert.equal(missing.code, 127);
  assert.match(missing.stdout, /^OCI runtime exec failed: .*exec: "nope": executable file not found in \$PATH\r\n$/);
  const denied = await exec(fixture, id, { Cmd: ['/opt/plain'] });
  assert.equal(denied.code, 126);
  const ghost = await exec(fixture, id, { Cmd: ['true'], User: 'ghost' });
  assert.deepEqual(
    [ghost.code, ghost.stdout],
    [126, 'unable to find user ghost: no matching entries in passwd file\r\n'],
  );
  const folder = await exec(fixture, id, { Cmd: ['true'], WorkingDir: '/no/such' });
  assert.ok(folder.code !== 0 && /no such file or directory/.test(folder.stdout), folder.stdout);
});

test('exec is refused where it cannot be', async () => {
  await using fixture = await openEngineFixture();
  const { containers, execs } = fixture.core;
  const id = await running(fixture);
  await assert.rejects(execs.create('nope', { Cmd: ['true'] }), { message: 'No such container: nope' });
  await assert.rejects(execs.create(id, { Cmd: [] }), { kind: 'invalid', message: 'No exec command specified' });
  await assert.rejects(execs.inspect('f00'), { kind: 'not-found', message: 'No such exec instance: f00' });
  const once = await execs.create(id, { Cmd: ['true'] });
  await execs.start(once.Id, { Detach: true });
  await assert.rejects(execs.start(once.Id, {}), {
    kind: 'conflict',
    message: /exec command .* (has already run|is already running)/,
  });
  await containers.pause(id);
  await assert.rejects(execs.create(id, { Cmd: ['true'] }), {
    kind: 'conflict',
    message: `Container ${id} is paused, unpause the container before exec`,
  });
  await containers.unpause(id);
  await containers.kill(id);
  await assert.rejects(execs.create(id, { Cmd: ['true'] }), { message: `container ${id} is not running` });
});

test('execs end with their container, and events tell of each', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const id = await running(fixture);
  const { Id } = await core.execs.create(id, { Cmd: ['sleep', '2000'] });
  await core.execs.start(Id, { Detach: true });
  assert.deepEqual((await core.containers.inspect(id)).ExecIDs, [Id]);
  const short = await exec(fixture, id, { Cmd: ['sh', '-c', 'exit 3'] });
  await core.containers.kill(id);
  assert.equal((await core.execs.inspect(Id)).Running, false);
  const seen: string[] = [];
  const until = String(Date.now() / 1000 + 0.001);
  for await (const event of core.events.read({ since: '0', until, filters: { container: [id] } })) {
    if (event.Actor.Attributes['execID'] === short.id) seen.push(event.Action);
  }
  assert.deepEqual(seen, ['exec_create: sh -c exit 3', 'exec_start: sh -c exit 3', 'exec_die']);
});

test('a terminal is left by its detach keys, and the program goes on', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const { Id } = await core.containers.create(request(['cat'], { Tty: true, OpenStdin: true }));
  const { stream } = await core.containers.attach(Id, { stream: true, stdin: true, stdout: true });
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const ended = new Promise<void>((resolve) => stream.once('end', resolve).once('close', resolve));
  await core.containers.start(Id);
  stream.write('hello\n');
  await eventually('cat answers', () => text.includes('hello\r\nhello\r\n') || undefined);
  stream.write(Buffer.of(16, 17));
  await ended;
  assert.equal((await core.containers.inspect(Id)).State.Running, true);
  const again = await core.containers.attach(Id, { stream: true, stdin: true, stdout: true, detachKeys: 'ctrl-x' });
  again.stream.resume();
  again.stream.write(Buffer.of(24));
  await new Promise<void>((resolve) => again.stream.once('end', resolve).once('close', resolve));
  assert.equal((await core.containers.inspect(Id)).State.Running, true);
});
