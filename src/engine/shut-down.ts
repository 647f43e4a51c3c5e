import { stopRunning } from './containers/stop.ts';
import type { EngineContext } from './context.ts';
import { markShutdown } from './state/shutdown-mark.ts';

/**
 * The machine goes down: stops every container that runs, all at once, each with its own stop signal and time. To restart policies it
 * counts as the end of the machine, not as a stop by the user: after the boot they come back.
 */
export async function shutDown(context: EngineContext): Promise<void> {
  using _mark = markShutdown(context.root, context.token);
  const running = context.containers.idsIn('running', 'paused');
  const ends = await Promise.allSettled(running.map((id) => stopRunning(context, id, {})));
  // One that cannot be ended takes no time from those that still write something down.
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
