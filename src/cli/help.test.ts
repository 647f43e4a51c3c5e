import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCliWith } from '../../test/lib/run-cli.ts';

const GOLDENS = join(import.meta.dirname, 'goldens');
const sets = readdirSync(GOLDENS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const goldens: Readonly<Record<string, string>> = Object.assign(
  {},
  ...['', ...sets.map(({ name }) => name)].map((set) =>
    JSON.parse(readFileSync(join(GOLDENS, set, 'help.json'), 'utf8')),
  ),
);

/** The program's name, and what else Berth says of itself: its configuration and its variable. */
function renamed(text: string): string {
  return text
    .replace(/(?<![\w./-])docker(?=[ ':]|$)/gm, 'berth')
    .replace('Show docker disk', 'Show berth disk')
    .replaceAll('the Docker version', 'the Berth version')
    .replaceAll('Manage Docker\n', 'Manage Berth\n');
}

const nowhere = async () => ({ status: 500, headers: {}, body: { kind: 'empty' } as const });

/** Berth's additions follow docker's text. */
async function helpOf(command: string, topic: boolean): Promise<string> {
  const words = command.split(' ').filter((word) => word !== '');
  const result = await runCliWith(nowhere, topic ? ['help', ...words] : [...words, '--help']);
  assert.equal(result.status, 0);
  assert.equal(result.stderr, '');
  return result.stdout;
}

test('recorded help texts are there', () => {
  assert.ok(Object.keys(goldens).length > 70);
});

for (const [command, golden] of Object.entries(goldens)) {
  if (command === '') continue;
  test(`berth ${command} --help begins with docker's text`, async () => {
    const wanted = renamed(golden);
    const help = await helpOf(command, false);
    assert.equal(help.slice(0, wanted.length), wanted);
    const rest = help.slice(wanted.length);
    assert.match(rest, /^(?:$|\n(?:Berth Options|Berth Commands|Examples):\n)/);
  });
}

test("berth --help has docker's text with global options of its own", async () => {
  const help = await helpOf('', false);
  const golden = renamed(goldens[''] ?? '');
  const [top = ''] = golden.split('\nGlobal Options:\n');
  assert.equal(help.slice(0, top.length), top);
  assert.match(help, /\n {6}--root string /);
  assert.match(help, /\nRun 'berth COMMAND --help' for more information on a command\.\n/);
});

test("help of a command that is Berth's alone lists its options", async () => {
  assert.match(await helpOf('system fsck', false), /\nOptions:\n {6}--format string /);
});

test('berth help COMMAND prints the same as berth COMMAND --help', async () => {
  assert.equal(await helpOf('container ls', true), await helpOf('container ls', false));
  assert.equal(await helpOf('', true), await helpOf('', false));
});
