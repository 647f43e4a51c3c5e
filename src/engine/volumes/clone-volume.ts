import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { nowNs } from '#base/time.ts';
import { Undo } from '#base/undo.ts';
import type { VolumeCloneRequest } from '#spec/docker-api/volumes.ts';
import type { EngineContext } from '../context.ts';
import type { VolumeRow } from '../state/volume-table.ts';
import { driverOptionsOf } from './driver-options.ts';
import { noSuchVolume, settleVolume } from './remove-volume.ts';
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
  await copyContent(context, row, join(unfinished, '_data'));
  fault('volume-clone.copied');
  context.sql.transaction(() => {
    // Of a volume that was being removed meanwhile only a part was copied.
    if (!isStillThere(context, row)) throw noSuchVolume(row.name);
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
  return { ...row, name, directory: name, createdNs, labels };
}

async function copyContent(context: EngineContext, row: VolumeRow, to: string): Promise<void> {
  try {
    await context.trees.copy(dataDirectory(context.root, row.name), to);
  } catch (error) {
    if (isErrno(error, 'ENOENT') && !isStillThere(context, row)) throw noSuchVolume(row.name);
    throw error;
  }
}

/** The same volume under the same name. */
function isStillThere(context: EngineContext, row: VolumeRow): boolean {
  const now = context.volumes.get(row.name);
  return now?.status === 'ready' && now.createdNs === row.createdNs;
}

function refuseTaken(context: EngineContext, row: VolumeRow, name: string): void {
  if (context.volumes.get(name) === undefined) return;
  throw new BerthError('conflict', 'volume.exists', `clone ${row.name}: a volume named ${name} already exists`);
}
