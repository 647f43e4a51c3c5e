import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../src/base/errors.ts';

const run = promisify(execFile);

/**
 * Runs a container with each program and keeps the code that was compiled for it. Where none can run (not root), the version is
 * asked for instead, which gives a cache that holds less.
 *
 * @param folder of the new build
 */
export async function warmUp(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'berth-warm-up-'));
  try {
    try {
      await runContainers(folder, scratch);
    } catch (error) {
      console.warn(`build: no container could run here, so that commands will start more slowly: ${messageOf(error)}`);
      await Promise.all([save(folder, 'berth', ['--version']), save(folder, 'runtime', ['--version'])]);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runContainers(folder: string, scratch: string): Promise<void> {
  const root = ['--root', join(scratch, 'root')];
  await start(folder, 'berth', [...root, 'load', '-i', `${folder}/hello.tar`]);
  await makeBundle(folder, scratch);
  const bundle = ['--bundle', join(scratch, 'bundle'), 'warm-up'];
  await save(folder, 'berth', [...root, 'run', '--rm', '--network', 'none', 'berth/hello']);
  await save(folder, 'runtime', ['--root', join(scratch, 'state'), 'run', ...bundle]);
}

async function start(folder: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { env: { ...process.env, BERTH_KEEPER: resolve(folder, 'keeper'), ...env } };
  const child = run(process.execPath, ['--', join(folder, `${program}.cjs`), ...args], options);
  child.child.stdin?.end();
  await child;
}

async function save(folder: string, program: string, args: readonly string[]): Promise<void> {
  const code = resolve(folder, `${program}-main.code`);
  await start(folder, program, args, { BERTH_SAVE_CODE: `${code}.new` });
  await rename(`${code}.new`, code);
}

/** An OCI bundle of the carried image's program. */
async function makeBundle(folder: string, scratch: string): Promise<void> {
  const bundle = join(scratch, 'bundle');
  await mkdir(join(bundle, 'rootfs'), { recursive: true });
  const unpack = 'tar -xOf "$1" ./layer.tar | tar -xC "$2"';
  await run('sh', ['-c', unpack, 'sh', `${folder}/hello.tar`, join(bundle, 'rootfs')]);
  await start(folder, 'runtime', ['spec', '--bundle', bundle]);
  const config = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8'));
  config.process = { ...config.process, terminal: false, args: ['/hello'] };
  await writeFile(join(bundle, 'config.json'), JSON.stringify(config));
}

/** Puts the starter beside each program. */
export async function writeStarters(folder: string): Promise<void> {
  await Promise.all(['berth', 'runtime'].map((name) => cp('tools/starter.cjs', join(folder, `${name}.cjs`))));
}
