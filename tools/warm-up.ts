import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf } from '../src/base/errors.ts';

const run = promisify(execFile);

/**
 * Runs each program's main commands once and keeps the code that was compiled for them. Where no container can run (not root),
 * only the version is asked for, and commands compile what they need.
 *
 * @param folder of the new build
 */
export async function warmUp(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'berth-warm-up-'));
  try {
    await Promise.all([save(folder, 'berth', ['--version']), save(folder, 'runtime', ['--version'])]);
    try {
      await runContainers(folder, scratch);
    } catch (error) {
      console.warn(`build: no container could run here, so that commands will start more slowly: ${messageOf(error)}`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runContainers(folder: string, scratch: string): Promise<void> {
  const env = { BERTH_ROOT: join(scratch, 'root') };
  const saved = (...args: string[]) => save(folder, 'berth', args, env);
  await start(folder, 'berth', ['load', '-i', `${folder}/hello.tar`], env);
  // The first container makes the network's devices and rules, which later ones find.
  await start(folder, 'berth', ['run', '--rm', 'berth/hello'], env);
  await saved('run', '--rm', 'berth/hello');
  await saved('create', '--name', 'warm-up', 'berth/hello', '/hello', 'wait');
  await saved('start', 'warm-up');
  await saved('exec', 'warm-up', '/hello');
  await saved('ps');
  await saved('images');
  await saved('inspect', 'warm-up');
  await saved('logs', 'warm-up');
  await saved('stop', '-t', '0', 'warm-up');
  await saved('rm', '-f', 'warm-up');
  // A group's code is under its first word: of its commands the longest way is taken.
  await saved('network', 'create', 'warm-up');
  await saved('volume', 'create', 'warm-up');
  await runDaemon(folder, env, join(scratch, 'berth.sock'));
  await start(folder, 'berth', ['internal', 'remove-network', env.BERTH_ROOT], {});
  await runBundles(folder, scratch);
}

/** The code of a daemon that has run a container for a client. */
async function runDaemon(folder: string, env: NodeJS.ProcessEnv, socket: string): Promise<void> {
  const code = codeFile(folder, 'berth', 'daemon');
  const daemon = spawnProgram(folder, 'berth', ['daemon', '-H', `unix://${socket}`], { ...env, BERTH_SAVE_CODE: code });
  const end = statusOf(daemon);
  try {
    while (!existsSync(socket) && daemon.exitCode === null) await sleep(20);
    await start(folder, 'berth', ['-H', `unix://${socket}`, 'run', '--rm', 'berth/hello'], env);
  } finally {
    daemon.kill();
  }
  if ((await end) !== 0) throw new Error(`berth daemon ended with ${await end}`);
}

async function runBundles(folder: string, scratch: string): Promise<void> {
  const bundle = await makeBundle(folder, scratch);
  const saved = (...args: string[]) => save(folder, 'runtime', args, {}, ['--root', join(scratch, 'state')]);
  await saved('run', '--bundle', bundle, 'warm-up');
  await saved('create', '--bundle', bundle, 'warm-up');
  await saved('start', 'warm-up');
  await saved('state', 'warm-up');
  await saved('delete', '--force', 'warm-up');
}

function codeFile(folder: string, program: string, command: string): string {
  return resolve(folder, `${program}-main.${command}.code`);
}

/** Runs a program of the new build and waits for its end. */
async function start(folder: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const status = await statusOf(spawnProgram(folder, program, args, env));
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

/** @returns the exit status, `null` when a signal ended it */
function statusOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('exit', done);
  });
}

/** Its streams lead nowhere: what it starts may keep them. */
function spawnProgram(folder: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['--', join(folder, `${program}.cjs`), ...args], {
    env: {
      ...process.env,
      BERTH_KEEPER: resolve(folder, 'keeper'),
      BERTH_RESOLVER: resolve(folder, 'resolver'),
      ...env,
    },
    stdio: 'ignore',
  });
}

/** Runs a command and keeps its code under its first word, or as `version`, which serves every command without code of its own. */
async function save(
  folder: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  options: readonly string[] = [],
): Promise<void> {
  const code = codeFile(folder, program, args[0]?.replace('--', '') ?? '');
  await start(folder, program, [...options, ...args], { ...env, BERTH_SAVE_CODE: `${code}.new` });
  await rename(`${code}.new`, code);
}

/** An OCI bundle of the carried image's program. @returns its path */
async function makeBundle(folder: string, scratch: string): Promise<string> {
  const bundle = join(scratch, 'bundle');
  await mkdir(join(bundle, 'rootfs'), { recursive: true });
  const unpack = 'tar -xOf "$1" ./layer.tar | tar -xC "$2"';
  await run('sh', ['-c', unpack, 'sh', `${folder}/hello.tar`, join(bundle, 'rootfs')]);
  await start(folder, 'runtime', ['spec', '--bundle', bundle], {});
  const config = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8'));
  config.process = { ...config.process, terminal: false, args: ['/hello'] };
  await writeFile(join(bundle, 'config.json'), JSON.stringify(config));
  return bundle;
}

/** Puts the starter beside each program. */
export async function writeStarters(folder: string): Promise<void> {
  await Promise.all(['berth', 'runtime'].map((name) => cp('tools/starter.cjs', join(folder, `${name}.cjs`))));
}
