import { runRestart } from './containers/handle-exit.ts';
import { settle } from './containers/settle.ts';
import type { EngineContext } from './context.ts';
import { settleExec } from './exec/exec-exit.ts';

/**
 * What the exit command does for a container or an exec that ended while no process watched: records the exit, removes the
 * container if it asked for that, and carries out its restart policy until it stays up, is stopped or removed.
 *
 * @param id of the container or exec
 * @throws not-found when the container is gone
 */
export async function recordExit(context: EngineContext, id: string): Promise<void> {
  const exec = context.execs.find(id);
  if (exec !== undefined) {
    settleExec(context, exec);
    return;
  }
  {
    using held = await context.locks.acquire(id);
    await settle(context, held.row);
  }
  await runRestart(context, id);
}
