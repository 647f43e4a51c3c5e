import { spawn } from 'node:child_process';

export interface FilterResult {
  /** Exit status; -1 when a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_BYTES_MAX = 1024 * 1024;

/**
 * Gives a program some input and waits for what it makes of it. It sees this process's environment.
 *
 * @param program found through `PATH` when it is no path
 * @throws the system's error when it cannot be started
 */
export function runFilter(
  program: string,
  args: readonly string[],
  stdin: string,
  timeoutMs: number,
): Promise<FilterResult> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
  const { promise, resolve, reject } = Promise.withResolvers<FilterResult>();
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      if (output[name].length < OUTPUT_BYTES_MAX) output[name] += text;
    });
  }
  // A program that does not read its input is free to do so.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  child.once('error', reject);
  child.once('close', (status) => resolve({ status: status ?? -1, ...output }));
  return promise;
}
