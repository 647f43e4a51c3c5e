import { BerthError, isBerthError } from '#base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { RemoveOptions } from './api.ts';
import { settle } from './settle.ts';
import { killRunning } from './stop.ts';
import { tearDown } from './teardown.ts';
import { wrapFailure } from './wrap-failure.ts';

/** How often a removal by force ends a container that others, in this process or another, start again. */
const FORCED_TRIES = 10;

function isActive(row: ContainerRow): boolean {
  return row.status === 'running' || row.status === 'paused' || row.status === 'restarting';
}

/**
 * Removes a container, with `force` also one that runs.
 *
 * @param ref as the user named it, for messages
 * @throws conflict while it runs, with Docker's words
 */
export async function removeContainer(
  context: EngineContext,
  id: string,
  ref: string,
  options: RemoveOptions,
): Promise<void> {
  if (options.force) context.leaving.add(id);
  try {
    for (let triesLeft = options.force ? FORCED_TRIES : 0; ; triesLeft--) {
      if (options.force) await endIfRunning(context, id);
      using held = await context.locks.acquire(id);
      const row = await settle(context, held.row);
      // A start that was under way may have ended in between.
      if (triesLeft > 0 && isActive(row)) continue;
      refuseActive(row);
      await tearDown(context, row, options.volumes ?? false);
      return;
    }
  } catch (error) {
    // Removed meanwhile, by `--rm` or by somebody else: that is what was wanted.
    if (isBerthError(error, 'not-found')) return;
    const name = context.containers.get(id)?.name;
    throw wrapFailure(`cannot remove container "${name === undefined ? ref : `/${name}`}"`, error);
  } finally {
    if (options.force) context.leaving.delete(id);
  }
}

async function endIfRunning(context: EngineContext, id: string): Promise<void> {
  const row = context.containers.get(id);
  if (row === undefined || !(isActive(row) || row.status === 'starting')) return;
  try {
    await killRunning(context, id);
  } catch (error) {
    if (!isBerthError(error, 'conflict')) throw error;
  }
}

function refuseActive(row: ContainerRow): void {
  if (!isActive(row)) return;
  if (row.status === 'paused') {
    throw new BerthError('conflict', 'container.paused', 'container is paused and must be unpaused first');
  }
  throw new BerthError(
    'conflict',
    'container.running',
    `container is ${row.status}: stop the container before removing or force remove`,
  );
}
