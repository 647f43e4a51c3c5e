import { mkdirSync } from 'node:fs';
import { finished, type Readable } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { VolumeRow } from '../state/volume-table.ts';
import { boundDirectory, driverOptionsOf } from './driver-options.ts';
import { noSuchVolume } from './remove-volume.ts';
import { dataDirectory } from './volume-directory.ts';
import { volumeEvent } from './volume-events.ts';

/** The directory whose content is the volume's. @throws unsupported when only a container's mount has it */
function contentDirectory(context: EngineContext, row: VolumeRow, verb: string): string {
  const bound = boundDirectory(row.options);
  if (bound !== undefined) return bound;
  const mounted = driverOptionsOf(row.options);
  if (mounted === undefined) return dataDirectory(context.root, row.name);
  throw new BerthError(
    'unsupported',
    'volume.mounted',
    `${verb} ${row.name}: its content is a ${mounted.type} mount that only its containers see`,
    { hint: `use a container: berth run --rm -v ${row.name}:/data IMAGE tar -C /data -c .` },
  );
}

/** The content of a volume as a tar, paths relative to its root. */
export function exportVolume(context: EngineContext, row: VolumeRow, abort?: AbortSignal): Readable {
  const root = context.trees.openDirectory(contentDirectory(context, row, 'export'));
  const stream = context.trees.pack({ root: root.fd, directory: '', member: undefined, name: '' });
  finished(stream, { writable: false }, () => root[Symbol.dispose]());
  abort?.addEventListener('abort', () => stream.destroy(), { once: true });
  context.emit(volumeEvent(row.name, 'export'));
  context.feed.announce();
  return stream;
}

/** Unpacks a tar into a volume: what is there already stays, what has the same name is replaced. Nothing leads outside. */
export async function importVolume(context: EngineContext, row: VolumeRow, tar: Readable): Promise<void> {
  const directory = contentDirectory(context, row, 'import');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  using root = context.trees.openDirectory(directory);
  const job = { root: root.fd, directory: '', shownDirectory: '/', keepKinds: false, owner: undefined };
  await context.trees.unpack(job, tar);
  const now = context.volumes.get(row.name);
  if (now?.status !== 'ready' || now.createdNs !== row.createdNs) throw noSuchVolume(row.name);
}
