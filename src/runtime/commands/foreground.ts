import { constants } from 'node:os';
import { isErrno } from '#base/errors.ts';
import { attach, resize, waitExit } from '#sys/keeper/attach.ts';
import type { Launch } from '#sys/keeper/launch.ts';
import type { ExitStatus } from './runtime-context.ts';

/** Signals that end or stop this process itself, and those that are no messages to the container. */
const NOT_FORWARDED = new Set([
  'SIGKILL',
  'SIGSTOP',
  'SIGCHLD',
  'SIGCLD',
  'SIGPIPE',
  'SIGURG',
  'SIGWINCH',
  'SIGPROF',
  'SIGPOLL',
  'SIGIO',
]);
/** Node keeps these to itself, or they mean that it is broken. */
const UNSAFE = new Set([
  'SIGUNUSED',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGABRT',
  'SIGIOT',
  'SIGTRAP',
  'SIGSYS',
  'SIGSTKFLT',
  'SIGVTALRM',
  'SIGTTIN',
  'SIGTTOU',
  'SIGTSTP',
  'SIGPWR',
]);

/**
 * Starts a waiting process with this one's own standard streams and stays until it ends.
 *
 * @param started awaited once it runs
 */
export async function runInForeground(launch: Launch, started?: () => Promise<void>): Promise<ExitStatus> {
  using _forwarding = forwardSignals(launch.pid);
  await launch.start();
  await orEnd(launch.pid, started, launch.exited);
  const { code, signal } = await launch.exited;
  return signal === 0 ? code : 128 + signal;
}

/** Starts a waiting process that has a terminal of its own and couples it with this process's terminal. */
export async function runWithTerminal(
  launch: Launch,
  runDir: string,
  started?: () => Promise<void>,
): Promise<ExitStatus> {
  using _forwarding = forwardSignals(launch.pid);
  const stream = await attach(runDir, { stdin: true, stdout: true, stderr: true });
  const fit = (): void => {
    const { rows, columns } = process.stdout;
    if (rows && columns) resize(runDir, { rows, cols: columns }).catch(() => undefined);
  };
  const raw = process.stdin.isTTY === true;
  if (raw) process.stdin.setRawMode(true);
  process.on('SIGWINCH', fit);
  try {
    fit();
    const ended = new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.once('end', resolve);
    });
    stream.pipe(process.stdout);
    process.stdin.pipe(stream);
    const exit = waitExit(runDir);
    // When the start fails that is the error; nobody waits for the exit then.
    exit.catch(() => undefined);
    await launch.start();
    await orEnd(launch.pid, started, exit);
    const { exitCode } = await exit;
    await ended;
    return exitCode;
  } finally {
    if (raw) process.stdin.setRawMode(false);
    process.off('SIGWINCH', fit);
    process.stdin.unpipe(stream);
    process.stdin.pause();
    stream.destroy();
  }
}

/** What fails after the start ends the process. */
async function orEnd(pid: number, step: (() => Promise<void>) | undefined, exit: Promise<unknown>): Promise<void> {
  try {
    await step?.();
  } catch (error) {
    killIfAlive(pid);
    await exit;
    throw error;
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

function forwardSignals(pid: number): Disposable {
  const handlers = Object.keys(constants.signals)
    .filter((name) => !NOT_FORWARDED.has(name) && !UNSAFE.has(name))
    .map((name) => {
      const signal = name as NodeJS.Signals; // a key of constants.signals
      const handler = (): void => {
        try {
          process.kill(pid, signal);
        } catch {
          // It ended just now; the exit status will tell.
        }
      };
      process.on(signal, handler);
      return { signal, handler };
    });
  return {
    [Symbol.dispose]: () => {
      for (const { signal, handler } of handlers) process.off(signal, handler);
    },
  };
}
