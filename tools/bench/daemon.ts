/**
 * `node tools/bench/daemon.ts [OPTIONS]`: times the daemon against dockerd, in turn, with one docker command line as the client of
 * both. Times are less the client's own start.
 *
 *   --client COMMAND      docker's command line and words before its own, default `docker`
 *   --peer ADDRESS        dockerd's address, for example unix:///var/run/docker.sock; without it Berth is measured alone
 *   --rounds N            counted rounds of each command (default 9)
 *   --many N              containers that are started 8 at a time, and are there for `ps` (default 50)
 *   --only TEXT           measures whose name contains TEXT
 *
 * Both get an image of Debian's busybox-static named bench-daemon and containers named bench-daemon-*; both are removed at the end.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median, timeCommand } from './pairs.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const IMAGE = 'bench-daemon:latest';
const LINE = 'x'.repeat(99);
const LOG_LINES = 500_000;
const STREAM_MB = 200;

const { values } = parseArgs({
  options: {
    client: { type: 'string', default: 'docker' },
    peer: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    many: { type: 'string', default: '50' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const many = Number(values.many);
const client = values.client.split(' ').filter((word) => word !== '');

const scratch = mkdtempSync(join(tmpdir(), 'berth-bench-daemon-'));
const own = `unix://${scratch}/root/berth.sock`;
const engines = new Map([['berth', own], ...(values.peer === undefined ? [] : [['docker', values.peer] as const])]);

const words = (address: string, ...rest: string[]): string[] => [...client, '-H', address, ...rest];
const names = (count: number) => Array.from({ length: count }, (_, i) => `bench-daemon-m${i}`);

async function quietly(address: string, ...rest: string[]): Promise<void> {
  const [program, ...args] = words(address, ...rest);
  await run(program!, args).catch(() => undefined);
}

function once(address: string, ...rest: string[]): string {
  const [program, ...args] = words(address, ...rest);
  return execFileSync(program!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 30 });
}

/** Runs `work` on each engine in turn, so that a machine that drifts slows both. @returns milliseconds by engine */
async function inTurn(count: number, work: (address: string, round: number) => Promise<number>): Promise<number[][]> {
  const times = [...engines].map(() => [] as number[]);
  for (let round = -1; round < count; round++) {
    for (const [index, address] of [...engines.values()].entries()) {
      const taken = await work(address, round);
      if (round >= 0) times[index]!.push(taken);
    }
  }
  return times;
}

function report(name: string, unit: string, times: readonly (readonly number[])[], less = 0, isRate = false): void {
  const [berth, docker] = times.map((list) => median(list) - less);
  const ratio = docker === undefined ? '' : ((isRate ? berth! / docker : docker / berth!) || 0).toFixed(1);
  console.log(`| ${name} | ${unit} | ${berth!.toFixed(1)} | ${docker?.toFixed(1) ?? ''} | ${ratio} |`);
}

const wanted = (name: string) => name.includes(values.only);

async function lifeCycle(base: number): Promise<void> {
  const x = 'bench-daemon-x';
  const made = async (address: string, isStarted: boolean) => {
    await quietly(address, 'rm', '-f', x);
    once(address, 'create', '--name', x, IMAGE, 'sleep', '1000');
    if (isStarted) once(address, 'start', x);
  };
  const cases: readonly (readonly [string, boolean, readonly string[]])[] = [
    ['start', false, ['start', x]],
    ['stop -t 0', true, ['stop', '-t', '0', x]],
    ['rm -f of a running one', true, ['rm', '-f', x]],
    ['run --rm true', false, ['run', '--rm', IMAGE, 'true']],
    ['run --rm --network none true', false, ['run', '--rm', '--network', 'none', IMAGE, 'true']],
    ['exec true', true, ['exec', x, 'true']],
  ];
  for (const [name, isStarted, command] of cases.filter(([name]) => wanted(name))) {
    const times = await inTurn(rounds, async (address) => {
      await made(address, isStarted);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return timeCommand(words(address, ...command));
    });
    report(name, 'ms', times, base);
  }
  for (const address of engines.values()) await quietly(address, 'rm', '-f', x);
}

async function startMany(address: string): Promise<number> {
  const queue = names(many);
  const begin = performance.now();
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift())
      await timeCommand(words(address, 'run', '-d', '--name', name, IMAGE, 'sleep', '1000'));
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return performance.now() - begin;
}

/** Proportional set size of the daemon in MiB. */
function memoryOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024;
}

async function manyContainers(pid: number): Promise<void> {
  const times = await inTurn(2, async (address, round) => {
    const taken = await startMany(address);
    if (round < 1) await quietly(address, 'rm', '-f', ...names(many));
    return taken;
  });
  report(`${many} run -d, 8 at a time, with the client`, 'ms', times);
  console.log(`| memory of the daemon right after (PSS) | MiB | ${memoryOf(pid).toFixed(0)} | | |`);
  report(`ps of ${many}, with the client`, 'ms', await inTurn(rounds, (address) => timeCommand(words(address, 'ps'))));
  for (const address of engines.values()) await quietly(address, 'rm', '-f', ...names(many));
}

/** Bytes a command writes to its standard output, in MB per second. */
function rateOf(argv: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0 && size > 0) resolve(size / 1000 / (performance.now() - begin));
      else reject(new Error(`exit ${status} after ${size} bytes: ${argv.join(' ')}`));
    });
  });
}

async function streams(): Promise<void> {
  const x = 'bench-daemon-s';
  if (wanted('logs')) {
    const script = `yes ${LINE} | head -n ${LOG_LINES}`;
    const log = ['--log-opt', 'max-size=1g', '--log-opt', 'max-file=1'];
    for (const address of engines.values())
      once(address, 'run', '--name', x, ...log, IMAGE, 'sh', '-c', `${script}; true`);
    report('logs read', 'MB/s', await inTurn(3, (address) => rateOf(words(address, 'logs', x))), 0, true);
    for (const address of engines.values()) await quietly(address, 'rm', '-f', x);
  }
  if (wanted('attached output')) {
    const script = `dd if=/dev/zero bs=64k count=${(STREAM_MB * 1000) / 64} 2>/dev/null`;
    const attached = (address: string) =>
      rateOf(words(address, 'run', '--rm', '--log-driver', 'none', IMAGE, 'sh', '-c', script));
    report('attached output, no log', 'MB/s', await inTurn(3, attached), 0, true);
    const logged = (address: string) =>
      rateOf(words(address, 'run', '--rm', IMAGE, 'sh', '-c', `yes ${LINE} | head -n ${LOG_LINES}`));
    report('attached output, logged', 'MB/s', await inTurn(3, logged), 0, true);
  }
}

async function copies(): Promise<void> {
  const x = 'bench-daemon-c';
  const files = join(scratch, 'files');
  mkdirSync(files);
  for (let i = 0; i < 5000; i++) writeFileSync(join(files, `file-${i}`), `${i}\n`.repeat(100));
  for (const address of engines.values()) once(address, 'run', '-d', '--name', x, IMAGE, 'sleep', '1000');
  const into = await inTurn(3, (address, round) => timeCommand(words(address, 'cp', files, `${x}:/in-${round}`)));
  report('cp of 5,000 files in, with the client', 'ms', into);
  const out = await inTurn(3, async (address, round) => {
    const target = join(scratch, `out-${round}`);
    const taken = await timeCommand(words(address, 'cp', `${x}:/in-0`, target));
    rmSync(target, { recursive: true });
    return taken;
  });
  report('cp of 5,000 files out, with the client', 'ms', out);
  for (const address of engines.values()) await quietly(address, 'rm', '-f', x);
}

function makeImage(): string {
  const image = join(scratch, 'image');
  mkdirSync(join(image, 'bin'), { recursive: true });
  copyFileSync('/bin/busybox', join(image, 'bin/busybox'));
  const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  execFileSync('sh', [
    '-c',
    `cd ${image}/bin && for f in "$@"; do [ -e $f ] || ln -s busybox $f; done`,
    'sh',
    ...applets,
  ]);
  execFileSync('tar', ['-C', image, '-cf', `${scratch}/image.tar`, '.']);
  return `${scratch}/image.tar`;
}

async function startDaemon(): Promise<number> {
  const child = spawn(`${repository}/bin/berth`, ['--root', join(scratch, 'root'), 'daemon'], { stdio: 'ignore' });
  for (let waited = 0; !existsSync(own.slice('unix://'.length)); waited += 20) {
    if (waited > 30_000) throw new Error('the daemon does not listen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child.pid!;
}

const pid = await startDaemon();
try {
  const archive = makeImage();
  for (const address of engines.values()) {
    const [program, ...args] = words(address, 'import', '-', IMAGE);
    execFileSync(program!, args, { input: readFileSync(archive), stdio: ['pipe', 'ignore', 'pipe'] });
  }
  const starts = await Promise.all([await timeCommand([...client, '--version'])]);
  for (let i = 0; i < rounds; i++) starts.push(await timeCommand([...client, '--version']));
  const base = median(starts);
  console.log(`| measure (the client's own start: ${base.toFixed(1)} ms) | unit | berth | docker | ratio |`);
  console.log('|---|---|---:|---:|---:|');
  await lifeCycle(base);
  if (wanted('many')) await manyContainers(pid);
  await streams();
  if (wanted('cp')) await copies();
} finally {
  for (const address of engines.values()) await quietly(address, 'rmi', '-f', IMAGE);
  process.kill(pid, 'SIGTERM');
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 20));
  rmSync(scratch, { recursive: true, force: true });
}
