import { BerthError } from '#base/errors.ts';
import type { ContainerMount } from '../containers/mount-spec.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerSpec } from '../state/container-row.ts';
import type { VolumeRow } from '../state/volume-table.ts';
import { ANONYMOUS_LABEL } from './describe-volume.ts';
import { checkDriverOptions } from './driver-options.ts';
import { finishRename, makeDirectory } from './volume-directory.ts';
import { volumeEvent } from './volume-events.ts';
import { checkVolumeName } from './volume-name.ts';

/** A volume to be made; its name is checked here. */
export interface WantedVolume {
  readonly name: string;
  readonly labels: VolumeRow['labels'];
  readonly options: VolumeRow['options'];
  /** The container it is made for; empty when the user makes it. */
  readonly containerId: string;
}

/** Says that another process is just removing the volume; whoever wants it waits for that, see `settleVolume`. */
export class VolumeBusy extends Error {
  readonly volume: string;

  constructor(volume: string) {
    super(`volume ${volume} is being removed`);
    this.name = 'VolumeBusy';
    this.volume = volume;
  }
}

/**
 * The volume of that name, made when there is none. Call inside a transaction.
 *
 * @throws invalid for a name or options that are none; {@link VolumeBusy}
 */
export function ensureVolume(context: EngineContext, wanted: WantedVolume, createdNs: bigint): VolumeRow {
  const { name, labels, options } = wanted;
  const found = context.volumes.get(name);
  if (found?.status === 'removing') throw new VolumeBusy(name);
  if (found !== undefined) return found;
  checkVolumeName(name);
  checkDriverOptions(options);
  const renaming = context.volumes.ofDirectory(name);
  if (renaming !== undefined) finishRename(context, renaming);
  makeDirectory(context, name);
  context.volumes.insert({ name, createdNs, containerId: wanted.containerId, labels, options });
  context.emit(volumeEvent(name, 'create'));
  const made = context.volumes.get(name);
  if (made === undefined) throw new Error(`volume ${name} was not inserted`);
  return made;
}

/**
 * Makes the volumes that a new container wants and marks them as used by it, in the transaction that inserts the container:
 * from then on nobody removes them.
 *
 * @param asked the mounts as they were asked for, in the order of the specification's
 * @throws as {@link ensureVolume}, naming the volume
 */
export function claimVolumes(
  context: EngineContext,
  containerId: string,
  asked: readonly ContainerMount[],
  spec: ContainerSpec,
  createdNs: bigint,
): void {
  for (const [i, { type, name, imageId }] of spec.mounts.entries()) {
    if (imageId !== undefined) context.containers.keepImage(containerId, imageId);
    if (type !== 'volume') continue;
    const volume = asked[i]?.volume;
    const isOwn = spec.ownVolumes.includes(name);
    const labels = { ...volume?.labels, ...(isOwn ? { [ANONYMOUS_LABEL]: '' } : {}) };
    const wanted = {
      name,
      labels: isOwn || volume?.labels !== undefined ? labels : null,
      options: volume?.options ?? null,
      containerId: isOwn ? containerId : '',
    };
    try {
      ensureVolume(context, wanted, createdNs);
    } catch (error) {
      throw error instanceof BerthError
        ? new BerthError(error.kind, error.code, `create ${name}: ${error.message}`)
        : error;
    }
    context.volumes.use(name, containerId);
  }
}
