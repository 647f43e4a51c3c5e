import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, PROGRAM, startDaemon } from '../../lib/daemon-process.ts';
import { eventually, IMAGE, openEngineFixture, split } from '../../lib/engine-fixture.ts';

interface Inspected {
  readonly HostConfig: {
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly ShmSize: number;
  };
}

/** Runs a command of its own against a root. */
function berth(root: string, ...args: string[]) {
  const { BERTH_HOST: _a, DOCKER_HOST: _b, ...env } = process.env;
  return spawnSync(process.execPath, ['--', PROGRAM, '--root', root, ...args], { encoding: 'utf8', input: '', env });
}

async function get<T>(daemon: Daemon, path: string): Promise<T> {
  const { status, text } = await daemon.call('GET', path);
  assert.equal(status, 200, text);
  return JSON.parse(text) as T;
}

/** Two runs at once must not want one subnet. */
function ownSubnet(): string {
  return `10.${200 + (process.pid % 50)}.${Math.trunc(process.pid / 50) % 250}`;
}

async function outputOf(daemon: Daemon, cmd: readonly string[]): Promise<string> {
  const made = await daemon.call('POST', '/containers/create', { Image: IMAGE, Cmd: cmd });
  assert.equal(made.status, 201, made.text);
  const { Id } = JSON.parse(made.text) as { Id: string };
  const started = await daemon.call('POST', `/containers/${Id}/start`);
  assert.equal(started.status, 204, started.text);
  await daemon.call('POST', `/containers/${Id}/wait`);
  const { text } = await daemon.call('GET', `/containers/${Id}/logs?stdout=1&stderr=1`);
  const { stdout, stderr } = split(Buffer.from(text, 'latin1'));
  return stdout + stderr;
}

test('containers and the default bridge are as the configuration file wants them, with a daemon and without', async () => {
  await using fixture = await openEngineFixture();
  const subnet = ownSubnet();
  const file = join(fixture.scratch, 'daemon.json');
  const settings = {
    bip: `${subnet}.9/24`,
    'fixed-cidr': `${subnet}.128/25`,
    mtu: 1400,
    dns: ['192.0.2.53'],
    'log-driver': 'local',
    'log-opts': { 'max-size': '1m' },
    'default-shm-size': '8m',
    'default-ulimits': { nofile: { Name: 'nofile', Soft: 333, Hard: 333 } },
    'no-new-privileges': true,
    'default-network-opts': { bridge: { 'com.docker.network.driver.mtu': '1300' } },
  };
  writeFileSync(file, JSON.stringify(settings));
  // The bridge is there already, otherwise.
  const before = await startDaemon(fixture.root);
  const bridge = await get<{ Id: string }>(before, '/networks/bridge');
  await before.end('SIGTERM');
  const daemon = await startDaemon(fixture.root, ['--config-file', file]);
  const renewed = await get<{ Id: string; IPAM: unknown }>(daemon, '/networks/bridge');
  assert.notEqual(renewed.Id, bridge.Id);
  assert.deepEqual(renewed.IPAM, {
    Driver: 'default',
    Options: null,
    Config: [{ Subnet: `${subnet}.0/24`, IPRange: `${subnet}.128/25`, Gateway: `${subnet}.9` }],
  });
  const script =
    'cat /sys/class/net/eth0/mtu /etc/resolv.conf; ulimit -n; grep NoNewPrivs /proc/self/status; ip addr; ip route';
  const seen = await outputOf(daemon, ['sh', '-c', script]);
  assert.match(seen, /^1400\n/);
  assert.match(seen, /^nameserver 192\.0\.2\.53$/m);
  assert.match(seen, /^333$/m);
  assert.match(seen, /^NoNewPrivs:\t1$/m);
  assert.match(seen, new RegExp(`inet ${subnet.replaceAll('.', '\\.')}\\.(12[89]|1[3-9]\\d|2\\d\\d)/24`));
  assert.match(seen, new RegExp(`default via ${subnet.replaceAll('.', '\\.')}\\.9 `));
  const info = await get<{ LoggingDriver: string }>(daemon, '/info');
  assert.equal(info.LoggingDriver, 'local');
  const made = await daemon.call('POST', '/networks/create', { Name: 'other' });
  const { Id } = JSON.parse(made.text) as { Id: string };
  const { Options } = await get<{ Options: unknown }>(daemon, `/networks/${Id}`);
  assert.deepEqual(Options, { 'com.docker.network.driver.mtu': '1300' });
  // Read again, and taken over by containers made from now on.
  writeFileSync(file, JSON.stringify({ ...settings, 'log-opts': { 'max-size': '2m' } }));
  process.kill(daemon.pid, 'SIGHUP');
  await eventually('it is read', () => daemon.log().includes('the configuration is read again') || undefined);
  await daemon.call('POST', '/containers/create?name=with', { Image: IMAGE, Cmd: ['true'] });
  const withDaemon = await get<Inspected>(daemon, '/containers/with/json');
  assert.deepEqual(withDaemon.HostConfig.LogConfig, { Type: 'local', Config: { 'max-size': '2m' } });
  await daemon.end('SIGTERM');
  const create = berth(fixture.root, 'create', '--name', 'without', '--shm-size', '9m', IMAGE, 'true');
  assert.equal(create.status, 0, create.stderr);
  const [without] = JSON.parse(berth(fixture.root, 'inspect', 'without').stdout) as [Inspected];
  assert.deepEqual(without.HostConfig.LogConfig, withDaemon.HostConfig.LogConfig);
  assert.deepEqual([withDaemon.HostConfig.ShmSize, without.HostConfig.ShmSize], [8 << 20, 9 << 20]);
});

test('flags of the daemon count for commands without it, older clients are refused, and notes are told', async () => {
  await using fixture = await openEngineFixture();
  const flags = ['--log-opt', 'max-file=7', '--label', 'a=b', '--min-api-version', '1.44', '--live-restore=false'];
  const daemon = await startDaemon(fixture.root, [...flags, '--log-format', 'json', '--experimental']);
  const refused = await daemon.call('GET', '/v1.43/info');
  assert.equal(refused.status, 400);
  assert.match(refused.text, /client version 1\.43 is too old\. Minimum supported API version is 1\.44/);
  assert.equal((await daemon.call('GET', '/v1.44/info')).status, 200);
  const { ExperimentalBuild, Labels } = await get<{ ExperimentalBuild: boolean; Labels: string[] }>(daemon, '/info');
  assert.deepEqual([ExperimentalBuild, Labels], [true, ['a=b']]);
  const lines = daemon
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; level: string });
  assert.ok(lines.some(({ msg }) => msg === 'live-restore is false: containers outlive the daemon all the same'));
  await daemon.end('SIGKILL');
  berth(fixture.root, 'create', '--name', 'one', '--network', 'none', IMAGE, 'true');
  const [one] = JSON.parse(berth(fixture.root, 'inspect', 'one').stdout) as [Inspected];
  assert.deepEqual(one.HostConfig.LogConfig, { Type: 'json-file', Config: { 'max-file': '7' } });
  // The next daemon has none of them.
  await (await startDaemon(fixture.root)).end('SIGTERM');
  berth(fixture.root, 'create', '--name', 'two', '--network', 'none', IMAGE, 'true');
  const [two] = JSON.parse(berth(fixture.root, 'inspect', 'two').stdout) as [Inspected];
  assert.deepEqual(two.HostConfig.LogConfig.Config, {});
});

test('metrics have the names that docker has, and count what happens', async () => {
  await using fixture = await openEngineFixture();
  await using daemon = await startDaemon(fixture.root, ['--metrics-addr', '127.0.0.1:0']);
  const [, url = ''] = await eventually(
    'it listens',
    () => /address=(http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(daemon.log()) ?? undefined,
  );
  const Healthcheck = { Test: ['CMD', 'false'], Interval: 1_000_000, Retries: 1 };
  const HostConfig = { NetworkMode: 'none' };
  const create = { Image: IMAGE, Cmd: ['sleep', '1000'], Healthcheck, HostConfig };
  await daemon.call('POST', '/containers/create?name=sick', create);
  await daemon.call('POST', '/containers/sick/start');
  const text = await eventually('a failed check is counted', async () => {
    const now = await (await fetch(url)).text();
    return /engine_daemon_health_checks_failed_total [1-9]/.test(now) ? now : undefined;
  });
  assert.match(text, /^engine_daemon_engine_info\{architecture="\w+",commit="",daemon_id="[\w-]+",graphdriver="\w+",/m);
  assert.match(text, /^engine_daemon_container_states_containers\{state="running"\} 1$/m);
  assert.match(text, /^engine_daemon_container_actions_seconds_count\{action="start"\} 1$/m);
  assert.match(text, /^engine_daemon_engine_cpus_cpus [1-9]/m);
  assert.match(text, /^engine_daemon_events_total [1-9]/m);
  // What no registry can be called is the client's mistake.
  const login = await daemon.call('POST', '/auth', { serveraddress: '\0' });
  assert.deepEqual([login.status, JSON.parse(login.text)], [400, { message: 'invalid registry address: "\\u0000"' }]);
});
