import { execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { OciConfig } from '#spec/oci-runtime/config.ts';

export const ENTRY = fileURLToPath(new URL('../../../src/main/runtime.ts', import.meta.url));
const DEADLINE_MS = 120_000;
const APPLETS = [
  'sh',
  'cat',
  'echo',
  'sleep',
  'id',
  'ls',
  'stat',
  'mount',
  'hostname',
  'touch',
  'true',
  'env',
  'grep',
  'tty',
  'kill',
  'ps',
  'pwd',
  'wc',
  'readlink',
  'mkdir',
];

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Change = (config: OciConfig) => OciConfig;

/** A scratch folder with bundles and a state root of its own; everything in it is gone at the end. */
export class Scratch implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'berth-runtime-'));
  readonly root = join(this.dir, 'state');
  readonly #name = this.dir.slice(this.dir.lastIndexOf('-') + 1);
  #count = 0;

  /** An id that no other test run uses, so that control groups do not meet. */
  newId(): string {
    return `test-${this.#name}-${++this.#count}`;
  }

  /** Runs `berth-runtime` with its standard input at the end. */
  run(...args: readonly string[]): Promise<Outcome> {
    return this.runIn(this.dir, ...args);
  }

  runIn(cwd: string, ...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [ENTRY, '--root', this.root, ...args],
        { cwd, timeout: DEADLINE_MS },
        (error, stdout, stderr) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
          resolve({ status, stdout, stderr });
        },
      );
      child.stdin?.end();
    });
  }

  /** As {@link run}, without waiting for streams that a left container keeps open. */
  runDetached(...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const out = join(this.dir, `out-${++this.#count}`);
      const log = `${out}.log`;
      const child = spawn(process.execPath, [ENTRY, '--root', this.root, '--log', log, ...args], {
        stdio: ['ignore', 'ignore', 'ignore'],
        cwd: this.dir,
      });
      child.once('exit', (code) => {
        const stderr = code === 0 ? '' : readFileSync(log, 'utf8');
        resolve({ status: code ?? 255, stdout: '', stderr });
      });
    });
  }

  /** A bundle of busybox with the runtime's own example configuration, changed. */
  async bundle(args: readonly string[], change: Change = (config) => config): Promise<string> {
    const path = mkdtempSync(join(this.dir, 'bundle-'));
    const rootfs = join(path, 'rootfs');
    for (const sub of ['bin', 'dev', 'proc', 'sys', 'etc', 'tmp', 'root'])
      mkdirSync(join(rootfs, sub), { recursive: true });
    copyFileSync('/bin/busybox', join(rootfs, 'bin', 'busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(rootfs, 'bin', applet));
    writeFileSync(join(rootfs, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n');
    const made = await this.run('spec', '--bundle', path);
    if (made.status !== 0) throw new Error(made.stderr);
    const file = join(path, 'config.json');
    const example = JSON.parse(readFileSync(file, 'utf8')) as OciConfig;
    const config = change({ ...example, process: { ...example.process, cwd: '/', terminal: false, args } });
    writeFileSync(file, JSON.stringify(config));
    return path;
  }

  /** Runs a shell script in a container to its end. */
  async shell(script: string, change?: Change): Promise<Outcome> {
    return this.run('run', '--bundle', await this.bundle(['sh', '-c', script], change), this.newId());
  }

  async status(id: string): Promise<string> {
    const { stdout } = await this.run('state', id);
    return stdout === '' ? 'none' : (JSON.parse(stdout) as { status: string }).status;
  }

  async untilStatus(id: string, wanted: string): Promise<void> {
    for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await sleep(20)) {
      if ((await this.status(id)) === wanted) return;
    }
    throw new Error(`${id} did not become ${wanted}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { stdout } = await this.run('list', '-q');
    for (const id of stdout.split('\n').filter((line) => line !== '')) await this.run('delete', '--force', id);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function withProcess(config: OciConfig, process: Partial<NonNullable<OciConfig['process']>>): OciConfig {
  return { ...config, process: { cwd: '/', ...config.process, ...process } };
}

export function withLinux(config: OciConfig, linux: Partial<NonNullable<OciConfig['linux']>>): OciConfig {
  return { ...config, linux: { ...config.linux, ...linux } };
}
