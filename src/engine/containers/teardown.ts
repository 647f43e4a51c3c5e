import { rmSync } from 'node:fs';
import { isBerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { removeCgroup } from '#sys/cgroup/remove.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { forgetNames } from '../networks/container-names.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { removeVolume } from '../volumes/remove-volume.ts';
import { cgroupPathOf } from './container-config.ts';
import { containerEvent } from './events.ts';
import { cgroupHost } from './host-facts.ts';

/** Ends whatever may be left of a run whose keeper died: processes, control groups, the run directory. */
export async function removeRemains(context: EngineContext, row: ContainerRow): Promise<void> {
  await removeCgroup(cgroupHost(), cgroupPathOf(row.id, row.hostConfig), { kill: true });
  forgetNames(context.root, row.id);
  rmSync(pathsOf(context.root, row.id).runDirectory, { recursive: true, force: true });
}

/**
 * Takes away everything a stopped container has, its row last, so that a process that dies in between leaves a row in
 * `removing` which the next one finishes. Call with the lock held.
 *
 * @param withVolumes also the anonymous volumes made for it, unless another container mounts them
 */
export async function tearDown(context: EngineContext, row: ContainerRow, withVolumes: boolean): Promise<void> {
  const paths = pathsOf(context.root, row.id);
  if (row.status !== 'removing') context.containers.patch(row.id, { status: 'removing' });
  fault('remove.marked');
  context.pending.abandon(row.id);
  rmSync(paths.runDirectory, { recursive: true, force: true });
  fault('remove.run');
  await context.images.release(row.id);
  fault('remove.layer');
  await context.images.discard(paths.directory);
  fault('remove.directory');
  if (withVolumes) await removeOwnVolumes(context, row);
  context.sql.transaction(() => {
    context.containers.delete(row.id);
    context.emit(containerEvent(row, 'destroy'));
  });
  context.feed.announce();
}

/** Undoes a create that never finished: it leaves no trace, not even an event. */
export async function undoCreate(context: EngineContext, row: ContainerRow): Promise<void> {
  const { directory, runDirectory } = pathsOf(context.root, row.id);
  await context.images.release(row.id);
  // Volumes were being filled in it.
  rmSync(runDirectory, { recursive: true, force: true });
  rmSync(directory, { recursive: true, force: true });
  await removeOwnVolumes(context, row);
  context.containers.delete(row.id);
}

/** Those that other containers use as well stay. */
async function removeOwnVolumes(context: EngineContext, row: ContainerRow): Promise<void> {
  for (const name of row.spec.ownVolumes) {
    try {
      await removeVolume(context, name, row.id);
    } catch (error) {
      if (!isBerthError(error, 'conflict')) throw error;
    }
  }
}
