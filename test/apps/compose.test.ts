/**
 * Three applications of several services, run by docker-compose 2 against a daemon: a shop, monitoring, a wiki.
 * Needs root, debootstrap, a Debian mirror, and docker-compose 2 (Debian 13's package) on the path or as BERTH_TEST_COMPOSE.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../lib/free-port.ts';
import { until } from '../lib/until.ts';
import { loadOrMakeImage } from './debian-image.ts';

const run = promisify(execFile);
const BERTH = fileURLToPath(new URL('../../bin/berth', import.meta.url));
const PROJECTS = fileURLToPath(new URL('compose', import.meta.url));
const COMPOSE = process.env['BERTH_TEST_COMPOSE'] ?? 'docker-compose';
const PACKAGES =
  'nginx-light redis-server redis-tools postgresql curl ca-certificates python3 python3-redis python3-psycopg2 ' +
  'mariadb-server php-fpm php-mysql prometheus prometheus-node-exporter';

const folder = mkdtempSync(join(tmpdir(), 'berth-compose-'));
const root = join(folder, 'root');
const host = `unix://${join(folder, 'sock')}`;
const environment: Record<string, string> = { WIKI_PASSWORD: 'for-tests-only' };
let daemon: ChildProcess;
let daemonLog = '';

async function berth(...words: string[]): Promise<string> {
  const { stdout } = await run(BERTH, ['--root', root, ...words], { maxBuffer: 64 << 20, timeout: 900_000 });
  return stdout.trim();
}

/** A project's compose; its standard output. @throws with all output when it fails */
function composeOf(project: string) {
  return async (...words: string[]): Promise<string> => {
    const env = { ...process.env, ...environment, DOCKER_HOST: host };
    const options = { cwd: join(PROJECTS, project), env, maxBuffer: 64 << 20, timeout: 300_000 };
    const { stdout } = await run(COMPOSE, ['--ansi', 'never', '-p', `${project}-${process.pid}`, ...words], options);
    return stdout.trim();
  };
}

interface Row {
  readonly Name: string;
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

type Compose = ReturnType<typeof composeOf>;

async function rows(compose: Compose): Promise<Row[]> {
  const text = await compose('ps', '-a', '--format', 'json');
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Row);
}

async function get(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, { ...init, headers: { connection: 'close' } });
  if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
  return response.text();
}

/** What is left of a project must be nothing. */
async function assertGone(project: string): Promise<void> {
  const label = `label=com.docker.compose.project=${project}-${process.pid}`;
  assert.equal(await berth('ps', '-aq', '--filter', label), '');
  assert.equal(await berth('network', 'ls', '-q', '--filter', label), '');
  assert.equal(await berth('volume', 'ls', '-q', '--filter', label), '');
}

before(async () => {
  await loadOrMakeImage(berth, folder, { suite: 'trixie', packages: PACKAGES.split(' '), name: 'compose-apps' });
  environment['SHOP_PORT'] = String(await freePort());
  environment['METRICS_PORT'] = String(await freePort());
  const words = ['--root', root, 'daemon', '-H', host, '--metrics-addr', `0.0.0.0:${environment['METRICS_PORT']}`];
  daemon = spawn(BERTH, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  daemon.stderr?.setEncoding('utf8').on('data', (text: string) => {
    daemonLog += text;
  });
  await until('the daemon', () => run(BERTH, ['-H', host, 'ps']));
});

after(async () => {
  for (const project of ['shop', 'monitor', 'wiki'])
    await composeOf(project)('--profile', '*', 'down', '-v', '-t', '1').catch((error: unknown) => console.error(error));
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
  if (/level=error/.test(daemonLog)) console.error(daemonLog);
  await run(BERTH, ['internal', 'remove-network', root]);
  rmSync(folder, { recursive: true, force: true });
});

test('a shop: gates by health and by success, secrets and configs, scaling, restarts, profiles', async () => {
  const compose = composeOf('shop');
  const page = `http://127.0.0.1:${environment['SHOP_PORT']}/`;
  const shop = async () =>
    JSON.parse(await get(page)) as { host: string; greeting: string; orders: [string, string][] };
  await compose('up', '-d', '--wait');
  const states = await rows(compose);
  assert.deepEqual(states.map(({ Service, State, Health }) => [Service, State, Health].join(' ').trim()).sort(), [
    'api running healthy',
    'db running healthy',
    'proxy running',
    'queue running healthy',
    'schema exited',
    'worker running',
    'worker running',
  ]);
  for (let i = 0; i < 20; i++) await get(page, { method: 'POST', body: `order ${i}` });
  const all = await until('the orders', async () => {
    const now = await shop();
    assert.equal(now.orders.length, 20);
    return now;
  });
  assert.equal(all.greeting, 'a word with spaces');
  assert.deepEqual([...new Set(all.orders.map(([what]) => what))].length, 20);
  assert.match(await compose('--profile', 'tools', 'run', '--rm', 'report'), /orders: 20$/);

  await compose('up', '-d', '--no-recreate', '--wait', '--scale', 'api=3', '--scale', 'worker=4');
  const hosts = new Set<string>();
  await until('all three APIs', async () => {
    hosts.add((await shop()).host);
    assert.equal(hosts.size, 3);
  });
  assert.equal((await compose('logs', '--no-log-prefix', 'worker')).match(/worker ready/g)?.length, 4);
  await compose('up', '-d', '--no-recreate', '--scale', 'api=1', '--scale', 'worker=1');
  assert.equal((await rows(compose)).filter(({ Service }) => Service === 'worker').length, 1);

  // The stop signal reached the program itself.
  await compose('stop', 'worker');
  assert.match(await compose('logs', 'worker'), /asked to stop/);
  assert.deepEqual(
    (await rows(compose)).filter(({ Service }) => Service === 'worker').map(({ ExitCode }) => ExitCode),
    [0],
  );
  await compose('start', 'worker');
  await compose('restart', '-t', '5', 'db', 'api');
  await until('the orders after a restart', async () => assert.equal((await shop()).orders.length, 20));
  await compose('down');
  await compose('up', '-d', '--wait');
  assert.equal((await shop()).orders.length, 20);
  const offline = compose('exec', '-T', 'db', 'curl', '-sm', '2', page);
  await assert.rejects(offline, 'the network behind is internal');
  await compose('down', '-v');
  await assertGone('shop');
});

test('monitoring: prometheus sees the machine, itself and the daemon, and keeps what it saw', async () => {
  const compose = composeOf('monitor');
  await compose('up', '-d', '--wait', 'prometheus');
  const address = async () => `http://${await compose('port', 'prometheus', '9090')}`;
  const query = async (words: string) => {
    const text = await get(`${await address()}/api/v1/query?query=${encodeURIComponent(words)}`);
    return (JSON.parse(text) as { data: { result: { metric: { job: string }; value: [number, string] }[] } }).data
      .result;
  };
  await until('all three targets', async () => {
    const up = (await query('up')).map(({ metric, value }) => `${metric.job} ${value[1]}`).sort();
    assert.deepEqual(up, ['engine 1', 'machine 1', 'self 1']);
  });
  const running = await query('engine_daemon_container_states_containers{state="running"}');
  assert.equal(running[0]?.value[1], '2');
  const first = Number((await query('min_over_time(timestamp(up{job="self"})[1h:1s])'))[0]?.value[1]);
  await compose('up', '-d', '--wait', '--force-recreate', 'prometheus');
  await until('samples of the first one', async () => {
    const still = Number((await query('min_over_time(timestamp(up{job="self"})[1h:1s])'))[0]?.value[1]);
    assert.ok(still <= first, `${still} is later than ${first}`);
  });
  assert.match(
    await compose('exec', '-T', 'prometheus', 'sh', '-c', 'id -u; ulimit -n; cat /etc/hosts'),
    /65534\n4096\n[\s\S]*engine/,
  );
  assert.match(await compose('top', 'node'), /prometheus-node-exporter/);
  await compose('kill', '-s', 'SIGKILL', 'prometheus');
  const [dead] = (await rows(compose)).filter(({ Service }) => Service === 'prometheus');
  assert.deepEqual([dead?.State, dead?.ExitCode], ['exited', 137]);
  await compose('down', '-v');
  await assertGone('monitor');
});

test('a wiki: MariaDB, PHP and nginx; what is restarted together, what is kept and what goes', async () => {
  const compose = composeOf('wiki');
  await compose('up', '-d', '--wait');
  const visit = async () => get(`http://${await compose('port', 'web', '80')}/`);
  assert.equal(await until('the first page', visit), 'visits: 1');
  assert.equal(await visit(), 'visits: 2');
  const before = (await berth('inspect', '--format', '{{.State.StartedAt}}', `wiki-${process.pid}-php-1`)).trim();
  await compose('restart', 'db');
  await until('php follows the database', async () => {
    const now = await berth('inspect', '--format', '{{.State.StartedAt}}', `wiki-${process.pid}-php-1`);
    assert.notEqual(now.trim(), before);
  });
  assert.equal(await until('a page after the restart', visit), 'visits: 3');
  await compose('pause', 'web');
  assert.equal((await rows(compose)).find(({ Service }) => Service === 'web')?.State, 'paused');
  await compose('unpause', 'web');
  assert.match(await compose('exec', '-T', 'db', 'hostname'), /^wiki-db$/);
  await compose('cp', 'db:/etc/hostname', join(folder, 'hostname'));
  await compose('down');
  await compose('up', '-d', '--wait');
  assert.equal(await until('a page of before', visit), 'visits: 4');
  await compose('down', '-v');
  await compose('up', '-d', '--wait');
  assert.equal(await until('a first page again', visit), 'visits: 1');
  await compose('down', '-v');
  await assertGone('wiki');
});
