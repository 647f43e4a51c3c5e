/**
 * Records what docker's client prints, for the tests that compare Berth's with it: `node tools/record-cli-goldens.ts`.
 * Needs a `docker` on the PATH (28.2.2); the engine it talks to is made of the answers in `src/cli/goldens/api.json`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SeenRequest } from '../test/lib/fixture-api.ts';
import { answerOf, canonicalQuery, readFixtures } from '../test/lib/fixture-api.ts';

const GOLDENS = join(import.meta.dirname, '../src/cli/goldens');
const API_VERSION = '1.50';

interface Golden {
  readonly args: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly SeenRequest[];
}

/** Every folder with cases is a set of its own; names on the command line choose some: `volumes`. */
const sets = [
  '',
  ...readdirSync(GOLDENS, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])),
].filter((name) => process.argv.length === 2 || process.argv.slice(2).includes(name));
let fixtures = readFixtures(join(GOLDENS, 'api.json'));
const folder = mkdtempSync(join(tmpdir(), 'berth-goldens-'));
const socket = join(folder, 'api.sock');
let seen: SeenRequest[] = [];

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://fixture');
  const path = url.pathname.replace(/^\/v[0-9.]+/, '');
  response.setHeader('Api-Version', API_VERSION);
  response.setHeader('Ostype', 'linux');
  response.setHeader('Content-Type', 'application/json');
  if (path === '/_ping') {
    response.end(request.method === 'HEAD' ? undefined : 'OK');
    return;
  }
  const asked = { method: request.method ?? 'GET', path, query: canonicalQuery(url.searchParams) };
  seen.push(asked);
  const { status, body } = answerOf(fixtures, asked);
  response.statusCode = status;
  response.end(JSON.stringify(body));
});

/** Runs docker's client; without a socket it finds no engine. */
function docker(args: readonly string[], host?: string): Promise<Golden> {
  seen = [];
  return new Promise((resolve, reject) => {
    const child = spawn('docker', host === undefined ? args : ['-H', host, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // HOME has no configuration; the zone decides how times are printed.
      env: { PATH: process.env['PATH'], HOME: folder, TZ: 'UTC' },
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        output[name] += text;
      });
    }
    child.on('error', reject);
    // Where the home directory is says nothing about docker.
    const text = (name: 'stdout' | 'stderr') => output[name].replaceAll(folder, '/root');
    child.on('close', (status) =>
      resolve({ args, status: status ?? -1, stdout: text('stdout'), stderr: text('stderr'), requests: seen }),
    );
  });
}

/** Records the cases and help texts of one folder. */
async function record(set: string): Promise<void> {
  fixtures = readFixtures(join(set, 'api.json'));
  const cases = JSON.parse(readFileSync(join(set, 'cases.json'), 'utf8')) as readonly (readonly string[])[];
  const goldens: Golden[] = [];
  for (const args of cases) goldens.push(await docker(args, `unix://${socket}`));
  writeFileSync(join(set, 'outputs.json'), `${JSON.stringify(goldens, null, 1)}\n`);

  const commands = JSON.parse(readFileSync(join(set, 'help-commands.json'), 'utf8')) as readonly string[];
  const help: Record<string, string> = {};
  // Without an engine: with one, docker's client hides options that this engine would not take.
  for (const command of commands)
    help[command] = (await docker([...command.split(' ').filter((word) => word !== ''), '--help'])).stdout;
  writeFileSync(join(set, 'help.json'), `${JSON.stringify(help, null, 1)}\n`);
  console.log(`${set}: recorded ${goldens.length} outputs and ${commands.length} help texts`);
}

await new Promise<void>((resolve) => server.listen(socket, resolve));
try {
  for (const set of sets) await record(join(GOLDENS, set));
} finally {
  server.close();
  rmSync(folder, { recursive: true });
}
