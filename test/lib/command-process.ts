import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readProcessStat } from '#sys/proc.ts';
import { eventually } from './engine-fixture.ts';

const SCRIPT = fileURLToPath(new URL('./engine-command.ts', import.meta.url));

export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

/** Starts one engine command in a process of its own. */
export function startCommand(
  root: string,
  verb: string,
  input: object,
  env: Readonly<Record<string, string>> = {},
): Command {
  const child = spawn(process.execPath, [SCRIPT, root, verb, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { pid: child.pid ?? 0, ended };
}

/**
 * Runs one engine command in a process of its own.
 *
 * @param fault where it is to kill itself, `name` or `name:pass`
 */
export function runCommand(root: string, verb: string, input: object, fault?: string): Promise<Ended> {
  return startCommand(root, verb, input, fault === undefined ? {} : { BERTH_FAULT: fault }).ended;
}

/**
 * Runs a command up to a point, does something while it stands still there, and lets it go on.
 *
 * @returns how the command ended
 */
export async function interruptAt(
  root: string,
  verb: string,
  input: object,
  point: string,
  meanwhile: () => void | Promise<void>,
): Promise<Ended> {
  const { pid, ended } = startCommand(root, verb, input, { BERTH_FAULT: point, BERTH_FAULT_SIGNAL: 'SIGSTOP' });
  await eventually(`the command stands still at ${point}`, () => stateOf(pid) !== 'running' || undefined);
  if (stateOf(pid) === 'gone') return ended;
  try {
    await meanwhile();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  return ended;
}

function stateOf(pid: number): 'running' | 'stopped' | 'gone' {
  const stat = readProcessStat(pid);
  if (stat === undefined || stat.state === 'Z') return 'gone';
  return stat.state === 'T' ? 'stopped' : 'running';
}
