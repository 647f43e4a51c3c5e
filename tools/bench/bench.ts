/**
 * `npm run bench -- [OPTIONS]`: times Berth against other engines with a docker-compatible command line, in turn on this machine.
 *
 *   --peer NAME=COMMAND   another engine, for example `--peer podman=podman` (repeatable)
 *   --runs N              counted runs of each command (default 15)
 *   --only TEXT           scenarios whose name contains TEXT
 *
 * Each engine gets an image of Debian's busybox-static named bench-pair, and its containers named bench-pair-*; both are
 * removed at the end.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, medianRatio, timeInTurn } from './pairs.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

interface Scenario {
  readonly name: string;
  readonly command: (run: number) => string;
  readonly before?: string;
  /** Before each run, on the engine whose turn it is. */
  readonly reset?: string;
  readonly after?: string;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'version', command: () => '--version' },
  { name: 'run --rm, no network', command: () => 'run --rm --network none bench-pair true' },
  {
    name: 'run --rm, read-only and limited',
    command: () => 'run --rm --network none --read-only --memory 64m --pids-limit 50 --cap-drop ALL bench-pair true',
  },
  {
    name: 'exec',
    before: 'run -d --name bench-pair-x --network none bench-pair sleep 900',
    command: () => 'exec bench-pair-x true',
    after: 'rm -f bench-pair-x',
  },
  { name: 'ps', command: () => 'ps -a' },
  { name: 'images', command: () => 'images' },
  { name: 'import', command: () => 'import FOLDER/large.tar bench-large:latest', reset: 'rmi -f bench-large:latest' },
  { name: 'save', command: () => 'save -o FOLDER/ENGINE.tar bench-large:latest', reset: 'rm-file FOLDER/ENGINE.tar' },
  { name: 'load', command: () => 'load -i FOLDER/ENGINE.tar', reset: 'rmi -f bench-large:latest' },
  { name: 'load, all present', command: () => 'load -i FOLDER/ENGINE.tar', after: 'rmi -f bench-large:latest' },
  {
    name: 'create',
    command: (run) => `create --name bench-pair-c${run} --network none bench-pair true`,
    after: `rm -f ${Array.from({ length: 40 }, (_, i) => `bench-pair-c${i - 1}`).join(' ')}`,
  },
];

const { values } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: '15' },
    only: { type: 'string', default: '' },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 38) throw new Error('--runs takes a whole number from 1 to 38');

const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'));
const engines = new Map([['berth', `${repository}/bin/berth --root ${folder}/root`]]);
for (const peer of values.peer) {
  const [name, ...command] = peer.split('=');
  engines.set(name!, command.join('='));
}
const words = (line: string) => line.split(' ').filter((word) => word !== '');
/** What a scenario calls FOLDER and ENGINE. */
const filled = (line: string, name: string) => line.replaceAll('FOLDER', folder).replaceAll('ENGINE', name);

/** Runs a command on an engine; clean-up may find nothing to do. */
function onOne(name: string, line: string, mayFail: boolean): void {
  const whole = filled(line, name);
  if (whole.startsWith('rm-file ')) {
    rmSync(whole.slice('rm-file '.length), { force: true });
    return;
  }
  const own = name === 'podman' ? whole.replace(/^rm -f/, 'rm -f -t 0 -i') : whole;
  const [program, ...rest] = words(`${engines.get(name)} ${own}`);
  try {
    execFileSync(program!, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    if (!mayFail) throw error;
  }
}

function onEach(line: string, mayFail = false): void {
  for (const name of engines.keys()) onOne(name, line, mayFail);
}

/** The root file system of the scenarios that move one: 3,000 files of 30 kB that do not compress well. */
function makeLargeTree(): void {
  for (let i = 0; i < 30; i++) {
    mkdirSync(join(folder, `large/d${i}`), { recursive: true });
    for (let k = 0; k < 100; k++) writeFileSync(join(folder, `large/d${i}/f${k}`), randomBytes(30_000));
  }
  execFileSync('tar', ['-C', join(folder, 'large'), '-cf', join(folder, 'large.tar'), '.']);
}

try {
  mkdirSync(join(folder, 'image/bin'), { recursive: true });
  copyFileSync('/bin/busybox', join(folder, 'image/bin/busybox'));
  execFileSync('/bin/busybox', ['--install', '-s', join(folder, 'image/bin')]);
  execFileSync('sh', ['-c', `cd ${folder}/image/bin && for f in *; do [ $f = busybox ] || ln -sf busybox $f; done`]);
  execFileSync('tar', ['-C', join(folder, 'image'), '-cf', join(folder, 'image.tar'), '.']);
  onEach(`import ${folder}/image.tar bench-pair:latest`);
  makeLargeTree();
  for (const line of ['import FOLDER/large.tar bench-large:latest', 'save -o FOLDER/ENGINE.tar bench-large:latest'])
    onEach(line);
  console.log(
    `| command | ${[...engines.keys()].join(' ms | ')} ms | ${[...engines.keys()]
      .slice(1)
      .map((name) => `${name} : berth`)
      .join(' | ')} |`,
  );
  console.log(`|---|${'---:|'.repeat(engines.size * 2 - 1)}`);
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.only))) {
    if (scenario.before) onEach(scenario.before);
    const commands = new Map(
      [...engines].map(([name, engine]) => [
        name,
        (run: number) => words(`${engine} ${filled(scenario.command(run), name)}`),
      ]),
    );
    const [berth, ...peers] = await timeInTurn(commands, runs, (name) => {
      if (scenario.reset) onOne(name, scenario.reset, true);
    });
    if (scenario.after) onEach(scenario.after, true);
    const times = [berth!, ...peers].map(({ times }) => median(times).toFixed(1));
    const ratios = peers.map((peer) => medianRatio(berth!, peer).toFixed(2));
    console.log(`| ${scenario.name} | ${[...times, ...ratios].join(' | ')} |`);
  }
} finally {
  onEach('rmi -f bench-pair:latest', true);
  onEach('rmi -f bench-large:latest', true);
  rmSync(folder, { recursive: true, force: true });
}
