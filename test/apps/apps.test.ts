/**
 * nginx, Redis and PostgreSQL from Debian's packages as one application: a network of their own, names, published ports, volumes.
 * Needs root, debootstrap and a Debian mirror, from here and from inside a container: a command of its own (`npm run test:apps`).
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
const SUITE = process.env['BERTH_TEST_SUITE'] ?? 'bookworm';
const PACKAGES = ['nginx-light', 'redis-server', 'postgresql', 'curl', 'ca-certificates'];
const LIMIT_MS = 600_000;

const folder = mkdtempSync(join(tmpdir(), 'berth-apps-'));
const root = join(folder, 'root');

async function berth(...words: string[]): Promise<string> {
  const { stdout } = await run(BERTH, ['--root', root, ...words], { maxBuffer: 64 << 20, timeout: LIMIT_MS });
  return stdout.trim();
}

let port: number;
let daemons: ChildProcess[] = [];

before(async () => {
  await loadOrMakeImage(berth, folder, { suite: SUITE, packages: PACKAGES, name: 'apps' });
  port = await freePort();
  await berth('network', 'create', 'app');
  await berth('volume', 'create', 'data');
});

after(async () => {
  for (const daemon of daemons) daemon.kill('SIGKILL');
  daemons = [];
  await berth('ps', '-aq').then((ids) => (ids === '' ? '' : berth('rm', '-fv', ...ids.split('\n'))));
  await berth('network', 'prune', '-f');
  await run(BERTH, ['internal', 'remove-network', root]);
  rmSync(folder, { recursive: true, force: true });
});

const POSTGRES = `
  pg_lsclusters -h | grep -q . && pg_dropcluster --stop 15 main || true
  V=$(ls /usr/lib/postgresql); D=/var/lib/postgresql/data
  chown postgres: $D
  test -e $D/PG_VERSION || su postgres -c "/usr/lib/postgresql/$V/bin/initdb -A trust $D" >/dev/null
  echo 'host all all all trust' >> $D/pg_hba.conf
  exec su postgres -c "exec /usr/lib/postgresql/$V/bin/postgres -D $D -c listen_addresses='*' -c unix_socket_directories=/tmp"`;

const NGINX = `
  cat > /etc/nginx/nginx.conf <<'END'
  daemon off;
  events {}
  http {
    resolver 127.0.0.11 valid=1s;
    server {
      listen 80;
      set $backend "http://web:8000";
      location / { proxy_pass $backend; }
    }
  }
END
  exec nginx`;

/** Answers with its own name, over and over. */
const WEB = `
  cat > /etc/nginx/nginx.conf <<END
  daemon off;
  events {}
  http { server { listen 8000; location / { return 200 "$(hostname)"; } } }
END
  exec nginx`;

test('PostgreSQL keeps its data in a volume and is found by name', async () => {
  const start = () =>
    berth(
      'run',
      '-d',
      '--name',
      'db',
      '--network',
      'app',
      '-v',
      'data:/var/lib/postgresql/data',
      'apps',
      'sh',
      '-c',
      POSTGRES,
    );
  const psql = (query: string) =>
    berth('run', '--rm', '--network', 'app', 'apps', 'psql', '-h', 'db', '-U', 'postgres', '-Atc', query);
  await start();
  await until('the database answers', () => psql('select 1'));
  await psql('create table t (x int); insert into t values (41), (42)');
  await berth('stop', 'db');
  await berth('rm', 'db');
  await start();
  assert.equal(await until('the database is back', () => psql('select max(x) from t')), '42');
});

test('Redis is reached through an alias', async () => {
  const words = ['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', '--save', ''];
  await berth('run', '-d', '--name', 'redis1', '--network', 'app', '--network-alias', 'cache', 'apps', ...words);
  const cli = (...command: string[]) =>
    berth('run', '--rm', '--network', 'app', 'apps', 'redis-cli', '-h', 'cache', ...command);
  assert.equal(await until('redis answers', () => cli('ping')), 'PONG');
  await cli('set', 'colour', 'blue');
  assert.equal(await cli('get', 'colour'), 'blue');
});

test('nginx balances over two containers of one name and is published to the host', async () => {
  for (const name of ['web1', 'web2'])
    await berth(
      'run',
      '-d',
      '--name',
      name,
      '--hostname',
      name,
      '--network',
      'app',
      '--network-alias',
      'web',
      'apps',
      'sh',
      '-c',
      WEB,
    );
  await berth(
    'run',
    '-d',
    '--name',
    'front',
    '--network',
    'app',
    '-p',
    `127.0.0.1:${port}:80`,
    'apps',
    'sh',
    '-c',
    NGINX,
  );
  const get = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    return response.text();
  };
  await until('the page', get);
  const seen = new Set<string>();
  await until('both backends', async () => {
    seen.add(await get());
    if (seen.size < 2) throw new Error(`only ${[...seen].join()}`);
  });
  assert.deepEqual([...seen].sort(), ['web1', 'web2']);
  await berth('rm', '-f', 'web1');
  await until('only what is left', async () => {
    for (let i = 0; i < 20; i++) assert.equal(await get(), 'web2');
  });
});

test('a daemon that is killed takes nothing down', async () => {
  const daemon = spawn(BERTH, ['--root', root, 'daemon', '-H', `unix://${join(folder, 'sock')}`], { stdio: 'ignore' });
  daemons.push(daemon);
  await until('the daemon', () => run(BERTH, ['-H', `unix://${join(folder, 'sock')}`, 'ps']));
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'web2');
  assert.equal(await berth('exec', 'front', 'redis-cli', '-h', 'cache', 'get', 'colour'), 'blue');
});
