/**
 * A tour of docker's command line over an engine, to be compared with the same tour over another one:
 *
 *   BUSYBOX=busybox.tar node tools/tour/tour.ts record unix:///run/berth.sock ours.json
 *   BUSYBOX=busybox.tar node tools/tour/tour.ts record unix:///run/docker.sock theirs.json
 *   node tools/tour/tour.ts compare ours.json theirs.json
 *
 * Needs `docker` on the PATH and an engine without containers and images.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Step {
  readonly line: string;
  readonly output: string;
}

/** What may differ between two tours of the same engine: ids, times, the folder. */
function normalise(text: string, folder: string): string {
  return text
    .replaceAll(folder, 'TOUR')
    .replace(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replace(/\b[0-9a-f]{64}\b/g, 'ID')
    .replace(/\b[0-9a-f]{12}\b/g, 'SHORT')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, 'TIME')
    .replace(/(?:\d+|a|an|About a|Less than a) (?:second|minute)s?(?: ago)?/g, 'SOME-TIME')
    .replace(/\(pid \d+\)|pid:? ?\d+/g, 'PID');
}

function walk(host: string, lines: readonly string[], busybox: string): Step[] {
  const folder = mkdtempSync(join(tmpdir(), 'tour-'));
  try {
    copyFileSync(busybox, join(folder, 'busybox.tar'));
    writeFileSync(join(folder, 'file.txt'), 'a file\n');
    writeFileSync(join(folder, 'env'), 'FROM_FILE=yes\n');
    const env = { ...process.env, DOCKER_HOST: host, TOUR: folder, DOCKER_CONFIG: folder, TZ: 'UTC' };
    return lines.map((line) => {
      const command = line.replace(/^~/, '');
      const { stdout, stderr, status } = spawnSync('sh', ['-c', command], {
        env,
        encoding: 'utf8',
        input: '',
        timeout: 60_000,
      });
      const out = line.startsWith('~') ? stdout.split('\n').sort().join('\n').trim() : stdout;
      return { line: command, output: normalise(`${out}${stderr}[${status}]`, folder) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function record(host: string, out: string): void {
  const busybox = process.env['BUSYBOX'];
  if (busybox === undefined) throw new Error('BUSYBOX does not name a tar of a busybox');
  const lines = readFileSync(new URL('commands.sh', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  writeFileSync(out, `${JSON.stringify(walk(host, lines, busybox), null, 1)}\n`);
}

function compare(ours: string, theirs: string): void {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Step[];
  const there = new Map(read(theirs).map((step, index) => [`${index} ${step.line}`, step.output]));
  const mine = read(ours);
  let differences = 0;
  for (const [index, { line, output }] of mine.entries()) {
    const other = there.get(`${index} ${line}`) ?? '';
    if (output === other) continue;
    differences += 1;
    const indent = (text: string) => text.replaceAll('\n', '\n         ');
    console.log(`$ ${line}\n  here:  ${indent(output)}\n  there: ${indent(other)}`);
  }
  console.log(`${mine.length} commands, ${differences} with different output`);
}

const [mode, first, second] = process.argv.slice(2);
if (first === undefined || second === undefined || (mode !== 'record' && mode !== 'compare'))
  throw new Error('usage: tour.ts record HOST FILE | tour.ts compare OURS THEIRS');
if (mode === 'record') record(first, second);
else compare(first, second);
