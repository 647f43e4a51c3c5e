import { BerthError } from '#base/errors.ts';
import type { MountPoint } from '#spec/docker-api/containers.ts';
import type { MountPlace } from '../archive/container-root.ts';
import type { EngineContext } from '../context.ts';
import { boundDirectory, driverOptionsOf } from './driver-options.ts';
import { finishRename } from './volume-directory.ts';

/**
 * Where on the host the files of a stopped container's mount lie.
 *
 * @throws unsupported for a volume that is a file system of its own: only a running container has it mounted
 */
export function mountPlace(
  context: EngineContext,
  containerId: string,
  { Source, Destination }: MountPoint,
): MountPlace {
  const mounts = context.containers.get(containerId)?.spec.mounts ?? [];
  const mount = mounts.find(({ destination }) => destination === Destination);
  const subpath = mount?.subpath ?? '';
  const volume = mount?.type === 'volume' ? context.volumes.get(mount.name) : undefined;
  if (volume === undefined) return { directory: Source, subpath };
  finishRename(context, volume);
  const bound = boundDirectory(volume.options);
  if (bound !== undefined) return { directory: bound, subpath };
  const mounted = driverOptionsOf(volume.options);
  if (mounted === undefined) return { directory: Source, subpath };
  const message = `volume ${volume.name} is a ${mounted.type} mount: its files are there only while the container runs`;
  throw new BerthError('unsupported', 'volume.mounted', message);
}
