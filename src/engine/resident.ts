import { isBerthError } from '#base/errors.ts';
import { arrangeRestart, handleExit } from './containers/handle-exit.ts';
import { settledRows } from './containers/list.ts';
import { isStale } from './containers/settle.ts';
import { startContainer } from './containers/start.ts';
import type { EngineContext } from './context.ts';
import type { ContainerRow } from './state/container-row.ts';
import { currentBoot } from './state/process-token.ts';

/**
 * What a process that stays does from the moment it opens the engine: brings up containers whose policy says so after a
 * reboot, watches all that run, and restarts those that end.
 */
export function watchAll(context: EngineContext): void {
  follow(context).catch(() => undefined);
}

async function follow(context: EngineContext): Promise<void> {
  const watched = new Set<string>();
  await startAfterBoot(context);
  while (!context.closing.aborted) {
    for (const id of context.containers.idsIn('restarting')) {
      const row = context.containers.get(id);
      if (row !== undefined) arrangeRestart(context, row);
    }
    for (const id of context.containers.idsIn('running', 'paused')) {
      if (watched.has(id)) continue;
      watched.add(id);
      watchOne(context, id)
        .catch(() => undefined)
        .finally(() => watched.delete(id));
    }
    await context.feed.nextSettled(context.closing);
  }
}

/** Stays with a container until its exit is recorded, also when its keeper is killed. */
async function watchOne(context: EngineContext, id: string): Promise<void> {
  await context.exits.ended(id);
  const row = context.containers.get(id);
  if (!context.closing.aborted && row !== undefined && isStale(context, row)) await handleExit(context, id);
}

/** `always` starts whatever was last done to a container, `unless-stopped` only what ran when the machine went down. */
async function startAfterBoot(context: EngineContext): Promise<void> {
  const candidates = (await settledRows(context)).filter((row) => startsAtBoot(row));
  for (const { id } of candidates) {
    try {
      await startContainer(context, id, 'user');
    } catch (error) {
      // In the row's error; one container that cannot start does not keep the others down.
      if (!isBerthError(error)) throw error;
    }
  }
}

function startsAtBoot(row: ContainerRow): boolean {
  if (row.bootId === '' || row.bootId === currentBoot() || row.status !== 'exited') return false;
  const policy = row.hostConfig.RestartPolicy.Name;
  return policy === 'always' || (policy === 'unless-stopped' && !row.stoppedByUser);
}
