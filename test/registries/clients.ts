/** Programs of others that talk to registries, from Debian packages that are unpacked into a cache and not installed. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const runFile = promisify(execFile);
/** Kept between runs. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'berth', 'registry-clients');
const UNPACKED = join(CACHE, 'root');
const PACKAGES = ['podman', 'docker.io', 'skopeo'];
/** A package of its own from Debian 13 on. */
const OPTIONAL = ['docker-cli'];
const PROGRAMS = ['podman', 'dockerd', 'containerd', 'docker', 'skopeo'];
const LIMIT_MS = 300_000;

/** Fetches what is neither installed nor in the cache. Needs root and a Debian mirror. */
export function fetchClients(): void {
  if (PROGRAMS.every((name) => existsSync(join(UNPACKED, 'complete')) || isInstalled(name))) return;
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(join(CACHE, 'partial'), { recursive: true });
  const quiet = { stdio: 'ignore' } as const;
  execFileSync('apt-get', ['update', '-q'], quiet);
  const known = OPTIONAL.filter(
    (name) => execFileSync('apt-cache', ['search', '--names-only', `^${name}$`]).length > 0,
  );
  const options = ['-y', '--download-only', '--no-install-recommends', '-o', `Dir::Cache::archives=${CACHE}`];
  execFileSync('apt-get', ['install', ...options, ...PACKAGES, ...known], quiet);
  mkdirSync(UNPACKED);
  for (const name of readdirSync(CACHE).filter((file) => file.endsWith('.deb')))
    execFileSync('dpkg-deb', ['-x', join(CACHE, name), UNPACKED], quiet);
  writeFileSync(join(UNPACKED, 'complete'), '');
}

function isInstalled(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Where programs and their libraries are found; what is installed goes before the cache. */
export function clientEnvironment(home: string): NodeJS.ProcessEnv {
  const triplet = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const below = (...names: string[]) => names.map((name) => join(UNPACKED, name));
  return {
    PATH: [process.env['PATH'], ...below('usr/bin', 'usr/sbin', 'sbin', 'bin')].join(':'),
    LD_LIBRARY_PATH: below(`usr/lib/${triplet}`, `lib/${triplet}`).join(':'),
    HOME: home,
    XDG_RUNTIME_DIR: home,
  };
}

export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(env: NodeJS.ProcessEnv, program: string, ...words: string[]): Promise<Said> {
  try {
    const { stdout, stderr } = await runFile(program, words, { env, timeout: LIMIT_MS, maxBuffer: 64 << 20 });
    return { status: 0, stdout: stdout.trim(), stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '', message } = error as Error & Partial<Said> & { code?: number | string };
    return { status: typeof code === 'number' ? code : -1, stdout: stdout.trim(), stderr: stderr || message };
  }
}

export interface DockerEngine extends AsyncDisposable {
  /** Environment in which `docker` talks to it. */
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a dockerd that has no networks and keeps everything in a folder. */
export async function startDockerEngine(env: NodeJS.ProcessEnv, folder: string): Promise<DockerEngine> {
  const host = `unix://${join(folder, 'docker.sock')}`;
  const folders = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')];
  const files = ['--pidfile', join(folder, 'pid'), '--config-file', join(folder, 'none.json'), '--host', host];
  const apart = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--storage-driver', 'vfs'];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'none.json'), '{}');
  const child: ChildProcess = spawn('dockerd', [...folders, ...files, ...apart], { env, stdio: 'ignore' });
  const ended = once(child, 'close');
  const docker = { ...env, DOCKER_HOST: host };
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  for (const deadline = Date.now() + 60_000; (await run(docker, 'docker', 'version')).status !== 0; ) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error('dockerd does not answer');
    }
  }
  return { env: docker, [Symbol.asyncDispose]: stop };
}
