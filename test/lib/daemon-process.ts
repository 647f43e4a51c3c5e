/** A daemon in a process of its own, over the root of a fixture. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { eventually } from './engine-fixture.ts';

export const PROGRAM = fileURLToPath(new URL('../../src/main/berth.ts', import.meta.url));

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface Daemon extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The one by which commands find it. */
  readonly socketPath: string;
  /** What it has logged so far. */
  log(): string;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Open sockets of the process. */
  sockets(): number;
  /** Resident memory in bytes. */
  memory(): number;
  /** Rejects with the log when the process ends by itself. */
  readonly died: Promise<never>;
  /** Ends it with a signal; resolves with the exit status, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Sends one request to a unix socket. */
export function callSocket(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more };
  const message = httpRequest({ socketPath, method, path, headers, agent: false }, (response) => {
    text(response).then(
      (all) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: all }),
      reject,
    );
  });
  message.on('error', reject);
  message.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function statusField(pid: number, name: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'));
  return Number(line?.[1] ?? 0);
}

function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:');
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}

/**
 * Starts a daemon and waits until it answers.
 *
 * @param command the whole command instead of the usual one
 * @throws with its log when it ends before
 */
export async function startDaemon(
  root: string,
  args: readonly string[] = [],
  command: readonly string[] = [process.execPath, '--', PROGRAM, '--root', root, 'daemon', ...args],
): Promise<Daemon> {
  const child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  let log = '';
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  const socketPath = join(root, 'berth.sock');
  const answers = () =>
    callSocket(socketPath, 'GET', '/_ping').then(
      () => true,
      () => undefined,
    );
  const ready = eventually('the daemon answers', async () => (child.exitCode === null ? answers() : true));
  const failed = ended.then(([status]) => Promise.reject(new Error(`the daemon ended with ${status}: ${log}`)));
  await Promise.race([ready, failed]);
  failed.catch(() => undefined);
  const pid = child.pid as number;
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [status, by] = await ended;
    return status ?? by ?? '';
  };
  return {
    process: child,
    pid,
    socketPath,
    log: () => log,
    died: failed,
    call: (method, path, body, headers) => callSocket(socketPath, method, path, body, headers),
    sockets: () => socketsOf(pid),
    memory: () => statusField(pid, 'VmRSS') * 1024,
    end,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
}
