import { BerthError, isBerthError } from '#base/errors.ts';
import { freezeCgroup, thawCgroup } from '#sys/cgroup/freeze.ts';
import type { EngineContext } from '../context.ts';
import { cgroupPathOf } from './container-config.ts';
import { containerEvent } from './events.ts';
import { cgroupHost } from './host-facts.ts';
import { notRunning, requireRunning } from './not-running.ts';
import { settle } from './settle.ts';

/** Stops every process of a container where it stands. */
export async function pauseContainer(context: EngineContext, id: string): Promise<void> {
  using held = await context.locks.acquire(id);
  const row = await settle(context, held.row);
  if (row.status === 'restarting') {
    throw new BerthError(
      'conflict',
      'container.restarting',
      `Container ${id} is restarting, wait until the container is running`,
    );
  }
  requireRunning(row);
  if (row.status === 'paused') {
    throw new BerthError('conflict', 'container.paused', `container ${id} is already paused`);
  }
  try {
    await freezeCgroup(cgroupHost(), cgroupPathOf(id, row.hostConfig));
  } catch (error) {
    // It ends right now: its group is gone already.
    if (isBerthError(error, 'not-found')) throw notRunning(row);
    throw error;
  }
  context.sql.transaction(() => {
    context.containers.patch(id, { status: 'paused' });
    context.emit(containerEvent(row, 'pause'));
  });
  context.feed.announce();
}

/** Lets a paused container run on. */
export async function unpauseContainer(context: EngineContext, id: string): Promise<void> {
  using held = await context.locks.acquire(id);
  const row = await settle(context, held.row);
  if (row.status !== 'paused') {
    throw new BerthError('conflict', 'container.not-paused', `Container ${id} is not paused`);
  }
  await thawCgroup(cgroupHost(), cgroupPathOf(id, row.hostConfig));
  context.sql.transaction(() => {
    context.containers.patch(id, { status: 'running' });
    context.emit(containerEvent(row, 'unpause'));
  });
  context.feed.announce();
}
