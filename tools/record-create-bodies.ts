/**
 * Records what the docker client sends for the command lines of `test/goldens/create-lines.json`:
 * `node tools/record-create-bodies.ts [docker]`. A server of our own takes the requests; no engine is needed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GoldenFiles, writeGoldenFiles } from '../test/lib/golden-files.ts';

const GOLDENS = join(import.meta.dirname, '../test/goldens');
const ENVIRONMENT = { FROM_ENV: 'from the environment', EMPTY_ENV: '' };

interface Recorded {
  query?: Record<string, string>;
  body?: unknown;
}

/** Splits as a shell does: blanks, single and double quotes, no expansions; a backslash escapes inside double quotes. */
function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:'[^']*'|"(?:\\.|[^"])*"|[^\s'"])+/g))
    words.push(
      word.replace(/'([^']*)'|"((?:\\.|[^"])*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
    );
  return words;
}

function listen(socket: string, seen: (recorded: Recorded) => void): Promise<() => void> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://docker');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('Api-Version', '1.50');
      response.setHeader('Ostype', 'linux');
      response.setHeader('Docker-Experimental', 'false');
      response.setHeader('Content-Type', 'application/json');
      if (url.pathname.endsWith('/containers/create')) {
        seen({ query: Object.fromEntries(url.searchParams), body: JSON.parse(Buffer.concat(chunks).toString()) });
        response.statusCode = 201;
        response.end('{"Id":"0123456789ab","Warnings":[]}');
      } else response.end('OK');
    });
  });
  return new Promise((resolve) => server.listen(socket, () => resolve(() => server.close())));
}

function runDocker(docker: string, args: readonly string[], cwd: string, host: string) {
  return new Promise<{ exit: number; stdout: string; stderr: string }>((resolve, reject) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', DOCKER_HOST: host, ...ENVIRONMENT };
    const child = spawn(docker, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ exit: code ?? -1, stdout, stderr }));
  });
}

type Fields = Record<string, unknown>;

/** The fields that differ from the plain body: of the request itself, and of its `HostConfig`. */
function differences(base: Fields, body: Fields): Fields {
  const changed: Fields = {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(body)])) {
    const [was, is] = [base[name], body[name]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    if (name === 'HostConfig') changed[name] = differences(was as Fields, is as Fields);
    else changed[name] = is === undefined ? '$absent' : is;
  }
  return changed;
}

const docker = process.argv[2] ?? 'docker';
const lines = JSON.parse(readFileSync(join(GOLDENS, 'create-lines.json'), 'utf8')) as string[];
const files = JSON.parse(readFileSync(join(GOLDENS, 'create-files.json'), 'utf8')) as GoldenFiles;
const work = mkdtempSync(join(tmpdir(), 'berth-record-'));
let last: Recorded = {};
const close = await listen(join(work, 's'), (recorded) => (last = recorded));
const cases = [];
let base: Fields | undefined;
for (const line of lines) {
  const cwd = join(work, 'cwd');
  rmSync(cwd, { recursive: true, force: true });
  writeGoldenFiles(cwd, files);
  last = {};
  const args = shellWords(line);
  const { exit, stderr } = await runDocker(docker, ['create', ...args], cwd, `unix://${join(work, 's')}`);
  const body = last.body as Fields | undefined;
  base ??= body ?? {};
  const record = { args, exit, stderr, ...last, ...(body === undefined ? {} : { body: differences(base, body) }) };
  cases.push(JSON.stringify(record).replaceAll(cwd, '$CWD').replaceAll(work, '$PARENT'));
}
close();
rmSync(work, { recursive: true });
const environment = JSON.stringify(ENVIRONMENT);
writeFileSync(
  join(GOLDENS, 'create-bodies.json'),
  `{"environment":${environment},\n"base":${JSON.stringify(base)},\n"cases":[\n${cases.join(',\n')}\n]}\n`,
);
