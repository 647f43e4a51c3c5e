import { BerthError } from '#base/errors.ts';
import { newId } from '#base/ids.ts';
import { nowNs } from '#base/time.ts';
import type { Volume, VolumeCreateRequest, VolumePruneReport } from '#spec/docker-api/volumes.ts';
import type { EngineContext } from '../context.ts';
import type { VolumeRow } from '../state/volume-table.ts';
import type { Filters, Volumes } from './api.ts';
import { ensureVolume, type WantedVolume } from './claim-volumes.ts';
import { cloneVolume } from './clone-volume.ts';
import { ANONYMOUS_LABEL, describeVolume } from './describe-volume.ts';
import { listFilter, pruneFilter } from './list-volumes.ts';
import { noSuchVolume, removeVolume, settleVolume } from './remove-volume.ts';
import { renameVolume } from './rename-volume.ts';
import { sweepVolumes } from './sweep-volumes.ts';
import { finishRename } from './volume-directory.ts';
import { volumeEvent } from './volume-events.ts';
import { exportVolume, importVolume } from './volume-tar.ts';
import { ownBytes } from './volume-usage.ts';
import { whenSettled } from './when-settled.ts';

/**
 * A volume that is there and nobody is about to remove, with its directory under its own name.
 *
 * @throws not-found
 */
export async function currentVolume(context: EngineContext, name: string): Promise<VolumeRow> {
  await settleVolume(context, name);
  const row = context.volumes.get(name);
  if (row === undefined || row.status === 'removing') throw noSuchVolume(name);
  finishRename(context, row);
  return row;
}

function checkDriver(driver: string): void {
  if (driver === '' || driver === 'local') return;
  const name = JSON.stringify(driver);
  throw new BerthError(
    'not-found',
    'volume.driver',
    `error looking up volume plugin ${driver}: plugin ${name} not found`,
  );
}

function sameOptions(a: VolumeRow['options'], b: VolumeRow['options']): boolean {
  const [left, right] = [Object.entries(a ?? {}), Object.entries(b ?? {})];
  return left.length === right.length && left.every(([key, value]) => b?.[key] === value);
}

function makeVolume(context: EngineContext, wanted: WantedVolume): VolumeRow {
  return context.sql.transaction(() => {
    const row = ensureVolume(context, wanted, nowNs());
    // Silence here would give the caller another volume than the one described.
    if (wanted.options !== null && !sameOptions(wanted.options, row.options)) {
      const message = `a volume with this name already exists and has other options`;
      throw new BerthError('conflict', 'volume.exists', message);
    }
    return row;
  });
}

async function createVolume(context: EngineContext, request: VolumeCreateRequest): Promise<Volume> {
  const isAnonymous = (request.Name ?? '') === '';
  const name = isAnonymous ? newId() : (request.Name ?? '');
  const labels = request.Labels ?? null;
  try {
    checkDriver(request.Driver ?? '');
    const options = request.DriverOpts ?? null;
    const wanted: WantedVolume = {
      name,
      labels: isAnonymous ? { ...labels, [ANONYMOUS_LABEL]: '' } : labels,
      options: options !== null && Object.keys(options).length > 0 ? options : null,
      containerId: '',
    };
    const row = await whenSettled(context, () => makeVolume(context, wanted));
    context.feed.announce();
    finishRename(context, row);
    return describeVolume(context.root, row);
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    throw new BerthError(error.kind, error.code, `create ${name}: ${error.message}`, { cause: error });
  }
}

async function pruneVolumes(context: EngineContext, filters: Filters): Promise<VolumePruneReport> {
  const isWanted = pruneFilter(filters, ({ labels }) => labels !== null && ANONYMOUS_LABEL in labels);
  await sweepVolumes(context);
  const deleted: string[] = [];
  let space = 0;
  for (const row of context.volumes.all().filter(isWanted)) {
    const bytes = await ownBytes(context.root, row);
    try {
      if (!(await removeVolume(context, row.name))) continue;
    } catch (error) {
      // Somebody began to use it meanwhile.
      if (error instanceof BerthError && error.kind === 'conflict') continue;
      throw error;
    }
    deleted.push(row.name);
    space += bytes;
  }
  context.emit({ type: 'volume', action: 'prune', id: '', attributes: { reclaimed: String(space) } });
  context.feed.announce();
  return { VolumesDeleted: deleted, SpaceReclaimed: space };
}

async function removeNamed(context: EngineContext, name: string, force: boolean): Promise<void> {
  await settleVolume(context, name);
  if (!(await removeVolume(context, name)) && !force) throw noSuchVolume(name);
}

/** Volumes of an opened engine. */
export function createVolumes(context: EngineContext): Volumes {
  const describe = (row: VolumeRow) => describeVolume(context.root, row);
  return {
    create: (request) => createVolume(context, request),
    inspect: async (name) => describe(await currentVolume(context, name)),
    list: async (filters = {}) => ({
      Volumes: context.volumes.all().filter(listFilter(filters)).map(describe),
      Warnings: null,
    }),
    remove: (name, options = {}) => removeNamed(context, name, options.force ?? false),
    prune: (filters = {}) => pruneVolumes(context, filters),
    rename: async (name, next) => {
      await settleVolume(context, next);
      renameVolume(context, await currentVolume(context, name), next);
      context.feed.announce();
    },
    clone: async (name, request) => describe(await cloneVolume(context, await currentVolume(context, name), request)),
    export: async (name, abort) => exportVolume(context, await currentVolume(context, name), abort),
    import: async (name, tar) => {
      const row = await whenSettled(context, () =>
        makeVolume(context, { name, labels: null, options: null, containerId: '' }),
      );
      await importVolume(context, row, tar);
      context.emit(volumeEvent(name, 'import'));
      context.feed.announce();
      return describe(row);
    },
  };
}
