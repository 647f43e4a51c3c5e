import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import type { EngineContext } from '../context.ts';
import { isTokenAlive } from '../state/process-token.ts';
import { putAside } from './volume-directory.ts';
import { volumeEvent } from './volume-events.ts';

export function noSuchVolume(name: string): BerthError {
  return new BerthError('not-found', 'volume.not-found', `get ${name}: no such volume`);
}

/**
 * Removes a volume that no container uses. It is marked first, so that nobody can begin to use it; its directory is renamed out
 * of the way, then its row goes, then the files. Killed in between, the next one who wants the name goes on.
 *
 * @param except a container whose use does not count: it is being removed
 * @returns false when there is none
 * @throws conflict when it is used
 */
export async function removeVolume(context: EngineContext, name: string, except?: string): Promise<boolean> {
  const isThere = context.sql.transaction(() => {
    const row = context.volumes.get(name);
    if (row === undefined) return false;
    if (row.status === 'removing') return row.remover === context.token || !isTokenAlive(row.remover);
    const users = context.volumes.usersOf(name).filter((id) => id !== except);
    if (users.length > 0) {
      const message = `remove ${name}: volume is in use - [${users.join(', ')}]`;
      throw new BerthError('conflict', 'volume.in-use', message);
    }
    context.volumes.markRemoving(name, context.token);
    return true;
  });
  if (!isThere) return false;
  fault('volume-remove.marked');
  await finishRemoval(context, name);
  return true;
}

/** Removes a volume that is marked. */
async function finishRemoval(context: EngineContext, name: string): Promise<void> {
  const aside = context.sql.transaction(() => {
    const row = context.volumes.get(name);
    if (row?.status !== 'removing') return undefined;
    const moved = putAside(context, row.directory);
    fault('volume-remove.moved');
    context.volumes.delete(name);
    context.emit(volumeEvent(name, 'destroy'));
    return moved;
  });
  context.feed.announce();
  fault('volume-remove.deleted');
  if (aside !== undefined) await context.trees.remove(aside);
}

/** Waits until nobody is removing a volume of that name any more; does it when the remover is dead. */
export async function settleVolume(context: EngineContext, name: string): Promise<void> {
  for (;;) {
    const row = context.volumes.get(name);
    if (row?.status !== 'removing') return;
    if (isTokenAlive(row.remover) && row.remover !== context.token) await context.feed.next();
    else await finishRemoval(context, name);
  }
}
