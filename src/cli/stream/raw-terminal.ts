import type { Context } from '../command.ts';

/** Signals that end the process where nobody forwards them: the terminal must be put back first. */
const ENDING = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const satisfies readonly NodeJS.Signals[];

/**
 * Lets every key through to the container, if standard input is a terminal.
 *
 * @returns puts the terminal back; harmless to call twice. It also runs when the process ends, by itself or by a signal.
 */
export async function enterRawMode(context: Pick<Context, 'stdin' | 'rawTerminal'>): Promise<() => void> {
  if (context.stdin.isTTY !== true || context.rawTerminal === undefined) return () => {};
  const makeCooked = await context.rawTerminal();
  let isRaw = true;
  const restore = () => {
    if (!isRaw) return;
    isRaw = false;
    process.off('exit', restore);
    for (const signal of ENDING) process.off(signal, endBy);
    makeCooked();
  };
  const endBy = (signal: NodeJS.Signals) => {
    // A forwarded signal is the container's, not ours.
    if (process.listenerCount(signal) > 1) return;
    restore();
    process.kill(process.pid, signal);
  };
  process.on('exit', restore);
  for (const signal of ENDING) process.on(signal, endBy);
  return restore;
}
