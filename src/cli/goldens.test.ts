import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SeenRequest } from '../../test/lib/fixture-api.ts';
import { fixtureDispatch, readFixtures } from '../../test/lib/fixture-api.ts';
import { runCliWith } from '../../test/lib/run-cli.ts';

// What docker's client 28.2.2 prints, recorded by tools/record-cli-goldens.ts.
interface Golden {
  readonly args: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly SeenRequest[];
}

const GOLDENS = join(import.meta.dirname, 'goldens');
const folders = readdirSync(GOLDENS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const sets = [GOLDENS, ...folders.map(({ name }) => join(GOLDENS, name))].map((folder) => ({
  goldens: JSON.parse(readFileSync(join(folder, 'outputs.json'), 'utf8')) as readonly Golden[],
  fixtures: readFixtures(join(folder, 'api.json')),
}));

/** Docker's words with Berth's name in the place of the program's. */
function renamed(text: string): string {
  return text.replace(/(?<![\w./-])docker(?=[ ':]|$)/gm, 'berth').replaceAll('Manage Docker\n', 'Manage Berth\n');
}

/** What the two clients say of themselves differs; the engine's part is everything from its title on. */
function engineSection(golden: Golden, text: string): string {
  const isWhole = !golden.args.some((arg) => ['info', 'version'].includes(arg)) || golden.args.length > 2;
  return isWhole ? text : text.slice(Math.max(text.indexOf('\nServer:'), 0));
}

/** What docker's groups of commands have no section for. */
const OWN_COMMANDS = /\nBerth Commands:\n(?: {2}.*\n)+/;

/** Objects that Berth does not have yet are not asked for, and `system prune` leaves them alone. */
function isKnown({ path }: SeenRequest): boolean {
  return !/^\/(plugins|build)\b/.test(path);
}

test('recorded goldens are there', () => {
  const count = sets.reduce((sum, { goldens }) => sum + goldens.length, 0);
  assert.ok(count > 450, `${count} goldens`);
});

const all = sets.flatMap(({ goldens, fixtures }) => goldens.map((golden) => ({ golden, fixtures })));
for (const { golden, fixtures } of all) {
  test(`runCli() prints what docker prints for ${JSON.stringify(golden.args)}`, async () => {
    process.env['TZ'] = 'UTC';
    const seen: SeenRequest[] = [];
    const words = ['--config', join(tmpdir(), 'berth-without-configuration'), ...golden.args];
    const result = await runCliWith(fixtureDispatch(fixtures, seen), words);
    const stdout = result.stdout.replace(OWN_COMMANDS, '');
    assert.equal(engineSection(golden, stdout), engineSection(golden, renamed(golden.stdout)));
    assert.equal(result.stderr.replace(OWN_COMMANDS, ''), renamed(golden.stderr));
    assert.equal(result.status, golden.status);
    const unknown = golden.requests.length - golden.requests.filter(isKnown).length;
    const wanted = golden.requests.filter(isKnown);
    // Looking for an object of any kind, docker also asks whether there is a Swarm.
    const isSearch = unknown > 0;
    // What an engine has on its disk only Berth's can tell.
    const asked = seen.filter(({ path }) => path !== '/system/storage');
    assert.deepEqual(asked, isSearch ? wanted.filter(({ path }) => path !== '/info') : wanted);
  });
}
