/**
 * Everything a process can catch but what concerns the command line itself: its children, its pipes.
 * Real-time signals cannot be caught in Node.js.
 */
const FORWARDED = [
  'SIGABRT',
  'SIGALRM',
  'SIGCONT',
  'SIGHUP',
  'SIGINT',
  'SIGIO',
  'SIGPWR',
  'SIGQUIT',
  'SIGTERM',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGXCPU',
  'SIGXFSZ',
] as const satisfies readonly NodeJS.Signals[];

/**
 * Sends the signals that this process receives to a container, in order, instead of obeying them.
 *
 * @param send gets the name without `SIG`; a failure is the container's end, which shows by itself
 * @returns stops
 */
export function proxySignals(send: (signal: string) => Promise<void>): () => void {
  let last: Promise<void> = Promise.resolve();
  const forward = (signal: NodeJS.Signals) => {
    last = last.then(() => send(signal.slice(3))).catch(() => {});
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}
