import { spawn } from 'node:child_process';
import { BerthError } from '#base/errors.ts';

/** A program to run to its end. */
export interface ProgramRun {
  /** What is executed. */
  readonly path: string;
  /** The first is the name that the program sees. */
  readonly argv: readonly string[];
  /** `NAME=VALUE`; nothing else is inherited. */
  readonly env: readonly string[];
  readonly stdin: string;
  readonly timeoutMs?: number;
}

const TAIL_BYTES = 480;

/**
 * Runs a program and waits for its end.
 *
 * @throws BerthError `internal` with the end of its standard error unless it exits with 0 in time
 */
export async function runProgram(run: ProgramRun): Promise<void> {
  const env = Object.fromEntries(run.env.map((entry) => entry.split(/=(.*)/s, 2)));
  const child = spawn(run.path, run.argv.slice(1), {
    argv0: run.argv[0] ?? run.path,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (why: string, cause?: unknown): void =>
    reject(new BerthError('internal', 'program.failed', `run ${run.path}: ${why}`, { cause }));
  let tail = '';
  let timedOut = false;
  const timer =
    run.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          child.kill('SIGKILL');
        }, run.timeoutMs);
  child.stderr.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-TAIL_BYTES);
  });
  // A program that does not read its input is free to do so.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.stdin);
  child.once('error', (error) => failed(error.message, error));
  child.once('exit', (code, signal) => {
    clearTimeout(timer);
    child.stderr.destroy();
    if (timedOut) failed('it did not end in time');
    else if (code === 0) resolve();
    else failed([signal ?? `exit status ${code}`, tail.trim()].filter((part) => part !== '').join(': '));
  });
  return promise;
}
