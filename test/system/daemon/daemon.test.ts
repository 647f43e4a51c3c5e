import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isBerthError } from '#base/errors.ts';
import { connect } from '#client/client.ts';
import { socketTransport } from '#client/socket-transport.ts';
import { callSocket, PROGRAM, startDaemon } from '../../lib/daemon-process.ts';
import { eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';

const TLS = fileURLToPath(new URL('../../lib/tls', import.meta.url));

/** Runs a command of its own against a root. */
function berth(root: string, ...args: string[]) {
  const { BERTH_HOST: _a, DOCKER_HOST: _b, ...env } = process.env;
  return spawnSync(process.execPath, ['--', PROGRAM, '--root', root, ...args], { encoding: 'utf8', input: '', env });
}

test('a daemon that ends, or is killed, leaves its containers running, and the next one records what became of them', async () => {
  await using fixture = await openEngineFixture();
  const first = await startDaemon(fixture.root);
  for (const name of ['one', 'two', 'three']) {
    const command = ['sh', '-c', `while [ ! -e /tmp/go ]; do sleep 0.05; done; exit ${name.length}`];
    assert.equal((await first.call('POST', `/containers/create?name=${name}`, request(command))).status, 201);
    assert.equal((await first.call('POST', `/containers/${name}/start`)).status, 204);
  }
  assert.equal(await first.end('SIGTERM'), 0);
  assert.match(first.log(), /daemon ends; containers go on running/);
  assert.equal(existsSync(first.socketPath), false);
  const states = async () =>
    (await fixture.core.containers.list({ all: true })).map(({ Names, State }) => `${Names[0]} ${State}`).sort();
  assert.deepEqual(await states(), ['/one running', '/three running', '/two running']);
  const second = await startDaemon(fixture.root);
  const command = ['touch', '/tmp/go'];
  const exec = await second.call('POST', '/containers/one/exec', { Cmd: command });
  await second.call('POST', `/exec/${(JSON.parse(exec.text) as { Id: string }).Id}/start`, { Detach: true });
  const waited = await second.call('POST', '/containers/one/wait');
  assert.deepEqual(JSON.parse(waited.text), { StatusCode: 3 });
  assert.equal(await second.end('SIGKILL'), 'SIGKILL');
  assert.equal(existsSync(second.socketPath), true, 'a killed one cannot remove its socket');
  // With nobody listening at the socket that was left, commands do without a daemon.
  const run = berth(fixture.root, 'exec', 'two', 'touch', '/tmp/go');
  assert.equal(run.status, 0, run.stderr);
  assert.equal(berth(fixture.root, 'wait', 'two').stdout, '3\n');
  await using third = await startDaemon(fixture.root);
  const { text } = await third.call('GET', '/containers/two/json');
  assert.equal((JSON.parse(text) as { State: { ExitCode: number } }).State.ExitCode, 3);
});

test('whoever follows events, logs or an end is let go when the daemon ends', async () => {
  await using fixture = await openEngineFixture();
  // Longer than the test may take: it would not end if it waited for them.
  const daemon = await startDaemon(fixture.root, ['--shutdown-timeout', '3600']);
  await daemon.call('POST', '/containers/create?name=long', request(['sleep', '1000']));
  await daemon.call('POST', '/containers/long/start');
  const paths = ['/events', '/containers/long/logs?follow=1&stdout=1', '/containers/long/stats'];
  const followers = paths.map((path) => daemon.call('GET', path));
  const waiting = daemon.call('POST', '/containers/long/wait').catch((error: Error) => error);
  // A request later than those is answered: then they have begun.
  await daemon.call('POST', '/containers/long/pause');
  await daemon.call('POST', '/containers/long/unpause');
  assert.equal(await daemon.end('SIGTERM'), 0);
  for (const { status } of await Promise.all(followers)) assert.equal(status, 200);
  await waiting;
  assert.doesNotMatch(daemon.log(), /Error/);
});

test('commands go through the daemon of their root, and a second daemon is refused', async () => {
  await using fixture = await openEngineFixture();
  await using daemon = await startDaemon(fixture.root, ['-D']);
  const second = berth(fixture.root, 'daemon');
  assert.equal(second.status, 1);
  assert.match(second.stderr, new RegExp(`^a daemon already serves ${fixture.root}: process ${daemon.pid}\n$`));
  const run = berth(fixture.root, 'run', '--rm', '--network', 'none', 'busybox', 'sh', '-c', 'echo out; exit 5');
  assert.deepEqual([run.status, run.stdout], [5, 'out\n'], run.stderr);
  await eventually('the daemon logs what it was asked', () => daemon.log().includes('/containers/create') || undefined);
});

test('a unix socket belongs to the group, a file that is no socket is left alone', async () => {
  await using fixture = await openEngineFixture();
  const path = join(fixture.scratch, 'more.sock');
  await using daemon = await startDaemon(fixture.root, ['-H', `unix://${path}`, '-G', '0']);
  assert.equal((await callSocket(path, 'GET', '/_ping')).text, 'OK');
  const found = spawnSync('stat', ['-c', '%a %g', path, daemon.socketPath], { encoding: 'utf8' });
  assert.equal(found.stdout, '660 0\n660 0\n');
  await daemon.end('SIGTERM');
  writeFileSync(path, 'precious');
  const refused = berth(fixture.root, 'daemon', '-H', `unix://${path}`);
  assert.equal(refused.stderr, `cannot listen on ${path}: there is a file that is no socket\n`);
  assert.equal(readFileSync(path, 'utf8'), 'precious');
});

test('over TLS only clients with a certificate of the authority get in', async () => {
  await using fixture = await openEngineFixture();
  const server = [
    '--tlscacert',
    `${TLS}/ca.pem`,
    '--tlscert',
    `${TLS}/server.pem`,
    '--tlskey',
    `${TLS}/server-key.pem`,
  ];
  await using daemon = await startDaemon(fixture.root, ['-H', 'tcp://127.0.0.1:0', '--tlsverify', ...server]);
  const address = /address=(tcp:\/\/127\.0\.0\.1:\d+)/;
  const host = await eventually('the log has the address', () => address.exec(daemon.log())?.[1]);
  const client = [
    '--tlscacert',
    `${TLS}/ca.pem`,
    '--tlscert',
    `${TLS}/client.pem`,
    '--tlskey',
    `${TLS}/client-key.pem`,
  ];
  const known = berth(fixture.root, '-H', host, '--tlsverify', ...client, 'images', '--format', '{{.Repository}}');
  assert.deepEqual([known.stdout, known.stderr, known.status], ['busybox\n', '', 0]);
  const ca = readFileSync(`${TLS}/ca.pem`);
  const stranger = connect(socketTransport(host, { tls: { ca, rejectUnauthorized: true } }));
  await assert.rejects(stranger.system.version());
  const plain = connect(socketTransport(host));
  await assert.rejects(plain.system.version(), (error) => !isBerthError(error, 'not-found'));
  const other = connect(socketTransport(host, { tls: { rejectUnauthorized: true } }));
  await assert.rejects(other.system.version(), /self-signed|unable to/);
});

test('sockets that a service manager made are taken over', async () => {
  await using fixture = await openEngineFixture();
  const path = join(fixture.scratch, 'activated.sock');
  // What systemd does: a listening socket as descriptor 3, and variables that say so to exactly this process.
  const script = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(16)
os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='berth.socket')
os.execv(sys.argv[2], sys.argv[2:])`;
  const words = ['-c', script, path, process.execPath, '--', PROGRAM, '--root', fixture.root, 'daemon', '-H', 'fd://'];
  await using daemon = await startDaemon(fixture.root, [], ['python3', ...words]);
  assert.equal((await callSocket(path, 'GET', '/_ping')).text, 'OK');
  await eventually('the log has the address', () => /address=fd:\/\/3/.test(daemon.log()) || undefined);
});

test('system dial-stdio serves the API on a pipe, with a daemon and without one', async () => {
  await using fixture = await openEngineFixture();
  const input = 'GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const dial = () =>
    spawnSync(process.execPath, ['--', PROGRAM, '--root', fixture.root, 'system', 'dial-stdio'], {
      input,
      encoding: 'utf8',
    });
  assert.match(dial().stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*OK$/);
  await using _daemon = await startDaemon(fixture.root);
  assert.match(dial().stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*OK$/);
});

test('an engine behind ssh is asked through the program, which says why it cannot', async () => {
  await using fixture = await openEngineFixture();
  const ssh = join(fixture.scratch, 'ssh');
  const reach = (script: string) => {
    writeFileSync(ssh, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: `${fixture.scratch}:${process.env['PATH']}` };
    const words = ['--', PROGRAM, '-H', 'ssh://me@there:2222', 'images', '--format', '{{.Repository}}'];
    return spawnSync(process.execPath, words, { encoding: 'utf8', input: '', env });
  };
  const dial = `exec ${process.execPath} -- ${PROGRAM} --root ${fixture.root} system dial-stdio`;
  const found = reach(`echo "$@" > ${fixture.scratch}/words; ${dial}`);
  assert.deepEqual([found.stdout, found.stderr, found.status], ['busybox\n', '', 0]);
  const words = readFileSync(join(fixture.scratch, 'words'), 'utf8');
  assert.match(words, /^-o ConnectTimeout=30 -T -l me -p 2222 -- there .*berth system dial-stdio/);
  const refused = reach('echo "Permission denied (publickey)." >&2; exit 255');
  const why = 'Cannot connect to the Docker daemon at ssh://there: Permission denied (publickey).\n';
  assert.deepEqual([refused.stderr, refused.status], [why, 1]);
});

test('a configuration file is checked, and read again at SIGHUP', async () => {
  await using fixture = await openEngineFixture();
  const file = join(fixture.scratch, 'daemon.json');
  const check = (text: string) => {
    writeFileSync(file, text);
    const { status, stdout, stderr } = berth(fixture.root, 'daemon', '--config-file', file, '--validate');
    return `${status} ${stdout}${stderr}`;
  };
  assert.equal(check('{"debug": true}'), '0 configuration OK\n');
  assert.match(check('{"nonsense": 1}'), /^1 .*don't match any configuration option: nonsense\n$/);
  assert.match(check('{"debug": "yes"}'), /^1 .*debug is "yes", wanted true or false\n$/);
  assert.match(check('{"debug"'), /^1 .*is no JSON/);
  writeFileSync(file, '{"log-level": "error", "labels": ["a=b"]}');
  await using daemon = await startDaemon(fixture.root, ['--config-file', file, '--shutdown-timeout', '1']);
  const info = JSON.parse((await daemon.call('GET', '/info')).text) as { Labels: string[]; Debug: boolean };
  assert.deepEqual([info.Labels, info.Debug], [['a=b'], false]);
  writeFileSync(file, '{"debug": true, "labels": ["c=d"]}');
  daemon.process.kill('SIGHUP');
  await eventually('the labels are new', async () => {
    const now = JSON.parse((await daemon.call('GET', '/info')).text) as { Labels: string[]; Debug: boolean };
    return (now.Labels[0] === 'c=d' && now.Debug) || undefined;
  });
});
