import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { nowNs } from '#base/time.ts';
import { Undo } from '#base/undo.ts';
import type { VolumeCloneRequest } from '#spec/docker-api/volumes.ts';
import type { EngineContext } from '../context.ts';
import type { VolumeRow } from '../state/volume-table.ts';
import { driverOptionsOf } from './driver-options.ts';
import { settleVolume } from './remove-volume.ts';
import {
  dataDirectory,
  discard,
  finishRename,
  temporaryDirectory,
  UNFINISHED,
  volumesDirectory,
} from './volume-directory.ts';
import { volumeEvent } from './volume-events.ts';
import { checkVolumeName } from './volume-name.ts';

/**
 * Makes a volume with the same content. The copy shares the data with the original where the file system can (reflinks), and is
 * a point in time only for what no container writes meanwhile. The volume appears when it is complete.
 *
 * @throws conflict when the name is taken; unsupported for a volume that is a mount
 */
export async function cloneVolume(
  context: EngineContext,
  row: VolumeRow,
  request: VolumeCloneRequest,
): Promise<VolumeRow> {
  const { Name: name } = request;
  const mounted = driverOptionsOf(row.options);
  if (mounted !== undefined) {
    const message = `clone ${row.name}: its content is a ${mounted.type} mount of ${mounted.device}, not a directory of its own`;
    throw new BerthError('unsupported', 'volume.mounted', message);
  }
  checkVolumeName(name);
  await settleVolume(context, name);
  refuseTaken(context, row, name);
  const createdNs = nowNs();
  const labels = request.Labels ?? row.labels;
  await using undo = new Undo();
  const unfinished = temporaryDirectory(context, UNFINISHED);
  undo.add(() => context.trees.remove(unfinished));
  mkdirSync(join(unfinished, '_data'), { recursive: true, mode: 0o755 });
  await context.trees.copy(dataDirectory(context.root, row.name), join(unfinished, '_data'));
  fault('volume-clone.copied');
  context.sql.transaction(() => {
    refuseTaken(context, row, name);
    const occupied = context.volumes.ofDirectory(name);
    if (occupied !== undefined) finishRename(context, occupied);
    discard(context, name);
    renameSync(unfinished, join(volumesDirectory(context.root), name));
    fault('volume-clone.moved');
    context.volumes.insert({ name, createdNs, containerId: '', labels, options: row.options });
    context.emit(volumeEvent(name, 'create', { clonedFrom: row.name }));
  });
  undo.done();
  context.feed.announce();
  const made = context.volumes.get(name);
  if (made === undefined) throw new Error(`volume ${name} was not inserted`);
  return made;
}

function refuseTaken(context: EngineContext, row: VolumeRow, name: string): void {
  if (context.volumes.get(name) === undefined) return;
  throw new BerthError('conflict', 'volume.exists', `clone ${row.name}: a volume named ${name} already exists`);
}
