import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commandsOf } from './commands.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const pages = ['README.md', ...readdirSync(join(repository, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
/** Commands that set up a checkout or run this very suite; `npm run hello` has a test of its own below. */
const SET_UP = /^(npm (ci|run|install|test)|git clone|cd |sudo )/;

let folder: string;
let environment: NodeJS.ProcessEnv;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-docs-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'home'));
  for (const name of ['berth', 'berth-runtime']) {
    const script = `#!/bin/sh\nexec ${repository}/bin/${name} "$@"\n`;
    writeFileSync(join(folder, 'bin', name), script, { mode: 0o755 });
  }
  const { PATH } = process.env;
  environment = { PATH: `${join(folder, 'bin')}:${PATH}`, HOME: join(folder, 'home'), TMPDIR: folder, LANG: 'C.UTF-8' };
});

after(() => rmSync(folder, { recursive: true, force: true }));

for (const page of pages) {
  const commands = commandsOf(readFileSync(join(repository, page), 'utf8')).filter(({ text }) => !SET_UP.test(text));
  if (commands.length === 0) continue;
  test(`every command of ${page} does what the page says`, () => {
    const work = mkdtempSync(join(folder, 'page-'));
    const env = { ...environment, BERTH_ROOT: join(work, 'root') };
    mkdirSync(join(work, 'files'));
    const shell = (text: string) =>
      spawnSync('bash', ['-c', text], { cwd: join(work, 'files'), env, encoding: 'utf8', input: '', timeout: 240_000 });
    try {
      for (const { line, text, status } of commands) {
        const result = shell(text);
        const report = `${page}:${line}: ${text}\n${result.stdout}${result.stderr}`;
        assert.equal(result.status, status, report);
      }
    } finally {
      shell('berth rm -f $(berth ps -aq) >/dev/null 2>&1 || true; berth internal remove-network "$BERTH_ROOT"');
    }
  });
}

test('npm run hello sets up and runs a container that says how it is isolated and limited', () => {
  const env = { ...environment, BERTH_ROOT: join(folder, 'hello-root') };
  const result = spawnSync('npm', ['run', '--silent', 'hello'], { cwd: repository, env, encoding: 'utf8', input: '' });
  spawnSync(join(folder, 'bin/berth'), ['internal', 'remove-network', env.BERTH_ROOT], { env });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, /this is process 1;/);
  assert.match(result.stdout, /memory +at most 64 MiB/);
  assert.match(result.stdout, /filtered \(seccomp\)/);
  assert.doesNotMatch(result.stderr, /warning/i);
});

test('commandsOf() reads commands, continuations and promised exit statuses', () => {
  const page = '```console\n$ a\nout\n$ b # exits with 3\n$ c \\\n> d\n```\n```sh\n$ not this\n```\n';
  assert.deepEqual(commandsOf(page), [
    { line: 2, text: 'a', status: 0 },
    { line: 4, text: 'b', status: 3 },
    { line: 5, text: 'c \\\nd', status: 0 },
  ]);
});
