import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BerthError } from '#base/errors.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';
import { runCliWith } from '../../test/lib/run-cli.ts';
import type { GlobalOptions } from './command.ts';
import { findCommand } from './find-command.ts';
import { loadCode, loadFlags } from './load-command.ts';
import { COMMANDS, UNAVAILABLE } from './table.ts';
import { VERSION } from './version.ts';

const ROOT = join(import.meta.dirname, '../..');

const failing =
  (status: number, message: string): Dispatch =>
  async () => ({ status, headers: {}, body: { kind: 'json', value: { message } } });

const nobody: Dispatch = async () => {
  throw new BerthError(
    'unavailable',
    'client.cannot-connect',
    'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?',
  );
};

test('VERSION is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.equal(VERSION, version);
});

test('runCli() prints the version without loading the table', async () => {
  assert.deepEqual(await runCliWith(nobody, ['--version']), {
    status: 0,
    stdout: `Berth version ${VERSION}\n`,
    stderr: '',
  });
  assert.equal((await runCliWith(nobody, ['-D', '-v'])).stdout, `Berth version ${VERSION}\n`);
  const source = readFileSync(join(import.meta.dirname, 'dispatch.ts'), 'utf8');
  const imports = [...source.matchAll(/^import (?!type )[^;]* from '([^']+)'/gm)].map(([, from]) => from);
  assert.deepEqual(imports, ['./version.ts']);
});

test('the table gives every name once, and every command flags and code', async () => {
  const names = COMMANDS.flatMap((row) => [
    ...new Set([...row.names, ...(row.aliases ?? []), ...(row.hiddenNames ?? [])]),
  ]);
  const all = [...names, ...UNAVAILABLE.map((row) => row.name)];
  assert.deepEqual(
    all.filter((name, i) => all.indexOf(name) !== i),
    [],
  );
  for (const row of COMMANDS) {
    const flags = await loadFlags(row.names[0]);
    const letters = flags.flatMap((flag) => flag.short ?? []);
    assert.equal(new Set(letters).size, letters.length, `letters of ${row.names[0]}`);
    for (const { sameAs } of flags)
      if (sameAs !== undefined)
        assert.ok(
          flags.some((flag) => flag.name === sameAs),
          `${row.names[0]} --${sameAs}`,
        );
    assert.notEqual(await loadCode(row.names[0]), undefined, `code of ${row.names[0]}`);
  }
});

test('findCommand() gives aliases the name of their group', () => {
  const named = (...words: string[]) => {
    const found = findCommand(words);
    return [found.kind, found.name, 'rest' in found ? found.rest : undefined];
  };
  assert.deepEqual(named('container', 'list', '-a'), ['command', 'container ls', ['-a']]);
  assert.deepEqual(named('remove', 'x'), ['command', 'rm', ['x']]);
  assert.deepEqual(named('image', 'rmi', 'x'), ['command', 'image rm', ['x']]);
  assert.deepEqual(named('container', 'zzz'), ['group', 'container', ['zzz']]);
  assert.deepEqual(named('image', 'build', 'x'), ['unavailable', 'image build', undefined]);
  assert.deepEqual(named('zzz'), ['unknown', 'zzz', undefined]);
});

test('runCli() refuses by name what Berth does not have yet', async () => {
  for (const { name } of UNAVAILABLE) {
    const { status, stderr } = await runCliWith(nobody, name.split(' '));
    assert.equal(status, 1);
    assert.ok(stderr.startsWith(`berth ${name}: not available yet`), stderr);
  }
});

test('runCli() refuses global options that contradict each other', async () => {
  assert.deepEqual(await runCliWith(nobody, ['-H', 'a', '-H', 'b', 'ps']), {
    status: 1,
    stdout: '',
    stderr: 'Specify only one -H\n',
  });
  assert.equal((await runCliWith(nobody, ['-l', 'loud', 'ps'])).stderr, 'Unable to parse logging level: loud\n');
});

test('runCli() hands the global options to the client', async () => {
  const optionsOf = async (words: readonly string[], env: Record<string, string> = {}) => {
    let options: GlobalOptions | undefined;
    const connect = async (given: GlobalOptions) => {
      options = given;
      throw new BerthError('unavailable', 'client.cannot-connect', 'nobody');
    };
    await runCliWith(nobody, words, { env, connect });
    return options;
  };
  assert.equal((await optionsOf(['--root', '/x', 'ps']))?.root, '/x');
  assert.equal((await optionsOf(['ps']))?.host, undefined);
  assert.equal((await optionsOf(['ps'], { BERTH_HOST: 'unix:///b', DOCKER_HOST: 'unix:///d' }))?.host, 'unix:///b');
  assert.equal((await optionsOf(['-H', 'unix:///h', 'ps'], { BERTH_HOST: 'unix:///b' }))?.host, 'unix:///h');
  assert.equal((await optionsOf(['-D', 'ps']))?.logLevel, 'debug');
});

test('runCli() marks what the engine answered, and not what the client met itself', async () => {
  assert.deepEqual(await runCliWith(failing(500, 'boom'), ['ps']), {
    status: 1,
    stdout: '',
    stderr: 'Error response from daemon: boom\n',
  });
  assert.equal(
    (await runCliWith(nobody, ['ps'])).stderr,
    'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?\n',
  );
});

test('confirm() goes on at y only', async () => {
  const pruned: Dispatch = async () => ({
    status: 200,
    headers: {},
    body: { kind: 'json', value: { ContainersDeleted: ['a'], SpaceReclaimed: 5 } },
  });
  const question = 'WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ';
  const yes = await runCliWith(pruned, ['container', 'prune'], { input: 'y\n' });
  assert.deepEqual(yes, {
    status: 0,
    stdout: `${question}Deleted Containers:\na\n\nTotal reclaimed space: 5B\n`,
    stderr: '',
  });
  const no = await runCliWith(pruned, ['container', 'prune'], { input: 'nope\n' });
  assert.deepEqual(no, { status: 0, stdout: question, stderr: '' });
});

test('system prune asks about what it removes and names the filters', async () => {
  const { stdout } = await runCliWith(nobody, ['system', 'prune', '-a', '--filter', 'label=b', '--filter', 'label=a'], {
    input: 'n\n',
  });
  assert.equal(
    stdout,
    'WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n  - all images without at least one container associated to them\n\n' +
      '  Items to be pruned will be filtered with:\n  - label=a\n  - label=b\n\nAre you sure you want to continue? [y/N] ',
  );
});
