import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { isTokenAlive } from '../state/process-token.ts';
import type { VolumeRow } from '../state/volume-table.ts';
import { dataDirectory, finishRename } from './volume-directory.ts';
import { volumeEvent } from './volume-events.ts';
import { checkVolumeName } from './volume-name.ts';

/**
 * Gives a volume another name, in the records of its containers as well; those that run keep it mounted. The database changes
 * first and the directory follows: whoever needs it makes that true when this process dies in between.
 *
 * @throws conflict when the name is taken or a container is just being created or started with the volume
 */
export function renameVolume(context: EngineContext, row: VolumeRow, next: string): void {
  checkVolumeName(next);
  if (next === row.name) throw new BerthError('invalid', 'volume.same-name', `volume ${next} has this name already`);
  context.sql.transaction(() => {
    if (context.volumes.get(next) !== undefined) {
      throw new BerthError('conflict', 'volume.exists', `rename ${row.name}: a volume named ${next} already exists`);
    }
    const occupied = context.volumes.ofDirectory(next);
    if (occupied !== undefined) finishRename(context, occupied);
    for (const id of context.volumes.usersOf(row.name)) {
      const user = context.containers.get(id);
      if (user !== undefined) renameIn(context, user, row.name, next);
    }
    context.volumes.rename(row.name, next);
    context.emit(volumeEvent(next, 'rename', { oldName: row.name }));
  });
  fault('volume-rename.recorded');
  const renamed = context.volumes.get(next);
  if (renamed !== undefined) finishRename(context, renamed);
}

function renameIn(context: EngineContext, user: ContainerRow, name: string, next: string): void {
  // Whoever holds the container has read the old name.
  if (user.status === 'starting' || (user.lock !== null && isTokenAlive(user.lock))) {
    const message = `rename ${name}: volume is in use - container ${user.id} is just being created, started or changed`;
    throw new BerthError('conflict', 'volume.in-use', message);
  }
  const source = dataDirectory(context.root, next);
  const mounts = user.spec.mounts.map((mount) =>
    mount.type === 'volume' && mount.name === name ? { ...mount, name: next, source } : mount,
  );
  const ownVolumes = user.spec.ownVolumes.map((own) => (own === name ? next : own));
  context.containers.replaceSpec(user.id, { ...user.spec, mounts, ownVolumes });
  context.containers.patch(user.id, { hostConfig: renamedHost(user.hostConfig, name, next) });
}

/** Tools that make a container again read the names from here. */
function renamedHost(host: HostConfig, name: string, next: string): HostConfig {
  return {
    ...host,
    Binds:
      host.Binds?.map((bind) => (bind.startsWith(`${name}:`) ? `${next}${bind.slice(name.length)}` : bind)) ?? null,
    ...(host.Mounts === undefined || host.Mounts === null
      ? {}
      : {
          Mounts: host.Mounts.map((mount) =>
            mount.Type === 'volume' && mount.Source === name ? { ...mount, Source: next } : mount,
          ),
        }),
  };
}
