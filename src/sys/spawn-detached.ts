import { spawn } from 'node:child_process';

/** Starts a program in a session of its own with no stdio, and does not wait for it. A program that cannot run is ignored. */
export function spawnDetached(argv: readonly string[]): void {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
