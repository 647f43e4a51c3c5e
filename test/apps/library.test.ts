/** The example of the library's page: a test suite with PostgreSQL in a container, embedded and over a daemon's socket. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makePostgresImage } from './postgres-image.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const BERTH = join(REPOSITORY, 'bin/berth');

const folder = mkdtempSync(join(tmpdir(), 'berth-example-'));
const root = join(folder, 'root');
const berth = (...words: string[]) =>
  execFileSync(BERTH, ['--root', root, ...words], { encoding: 'utf8', maxBuffer: 1 << 26, timeout: 600_000 });
let image: string;

before(() => {
  image = makePostgresImage(berth, folder);
  cpSync(join(REPOSITORY, 'examples/postgres'), join(folder, 'suite'), { recursive: true });
  mkdirSync(join(folder, 'suite/node_modules/@types'), { recursive: true });
  symlinkSync(REPOSITORY, join(folder, 'suite/node_modules/berth'));
  symlinkSync(join(REPOSITORY, 'node_modules/@types/node'), join(folder, 'suite/node_modules/@types/node'));
});

after(() => {
  execFileSync(BERTH, ['internal', 'remove-network', root]);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the example's suite. @returns what the test runner printed */
function runSuite(env: Readonly<Record<string, string>>): string {
  const { NODE_TEST_CONTEXT: _outer, ...outside } = process.env;
  const words = ['--test', '--test-reporter=tap', 'postgres.test.ts'];
  return execFileSync(process.execPath, words, {
    cwd: join(folder, 'suite'),
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...outside, ...env, POSTGRES_IMAGE: image },
  });
}

test('the example checks strictly against the declarations', () => {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2024', 'esnext.disposable'],
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(join(folder, 'suite/tsconfig.json'), JSON.stringify({ compilerOptions, files: ['postgres.test.ts'] }));
  execFileSync(process.execPath, [join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-p', join(folder, 'suite')]);
});

test('the example passes with an engine in its own process, and leaves no container', () => {
  assert.match(runSuite({ BERTH_ROOT: root }), /^# pass 3\n# fail 0$/m);
  assert.equal(berth('ps', '-aq'), '');
});

test('the example passes over the socket of a daemon', async () => {
  const daemon = spawn(BERTH, ['--root', root, 'daemon'], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    while (!existsSync(join(root, 'berth.sock'))) await sleep(50);
    assert.match(runSuite({ BERTH_HOST: `unix://${join(root, 'berth.sock')}` }), /^# pass 3\n# fail 0$/m);
  } finally {
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  }
  assert.equal(berth('ps', '-aq'), '');
});

test("the library's page shows the example as it is", () => {
  const page = readFileSync(join(REPOSITORY, 'docs/library.md'), 'utf8');
  const suite = readFileSync(join(REPOSITORY, 'examples/postgres/postgres.test.ts'), 'utf8');
  const shown = /```ts\nimport assert[\s\S]*?```/.exec(page)?.[0] ?? assert.fail('no example on the page');
  for (const line of shown.split('\n').slice(1, -1)) assert.ok(suite.includes(line), line);
});
