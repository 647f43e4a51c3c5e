import { BerthError } from '#base/errors.ts';
import type { ContainerConfig, HostConfig } from '#spec/docker-api/containers.ts';
import { anonymousVolume, type ContainerMount, cleanPath, parseBind, parseVolumesFrom } from './mount-spec.ts';
import { parseMount } from './parse-mount.ts';

export interface MountSources {
  /** Mounts of another container, for `--volumes-from`. */
  readonly mountsOf: (ref: string) => readonly ContainerMount[];
  readonly exists: (path: string) => boolean;
}

/**
 * All mounts of a new container, in Docker's order of precedence: binds and mounts over those of other containers, and
 * volumes of the image only where nothing else is mounted.
 *
 * @throws invalid for malformed and doubled ones
 */
export function collectMounts(config: ContainerConfig, host: HostConfig, sources: MountSources): ContainerMount[] {
  const byPlace = new Map<string, ContainerMount>();
  for (const spec of host.VolumesFrom ?? []) {
    for (const mount of inherited(spec, sources)) byPlace.set(mount.destination, mount);
  }
  const own = new Set(Object.keys(host.Tmpfs ?? {}).map(cleanPath));
  const explicit = [
    ...(host.Binds ?? []).map(parseBind),
    ...(host.Mounts ?? []).map((mount) => parseMount(mount, sources.exists)),
  ];
  for (const mount of explicit) {
    if (own.has(mount.destination)) {
      throw new BerthError('invalid', 'mount.duplicate', `Duplicate mount point: ${mount.destination}`);
    }
    own.add(mount.destination);
    byPlace.set(mount.destination, mount);
  }
  for (const path of Object.keys(config.Volumes ?? {})) {
    const mount = anonymousVolume(path);
    if (!byPlace.has(mount.destination) && !own.has(mount.destination)) byPlace.set(mount.destination, mount);
  }
  return [...byPlace.values()];
}

function inherited(spec: string, sources: MountSources): ContainerMount[] {
  const { ref, mode } = parseVolumesFrom(spec);
  const readOnly = mode.split(',').includes('ro');
  return sources
    .mountsOf(ref)
    .filter((mount) => mount.type !== 'tmpfs')
    .map((mount) => ({
      ...mount,
      origin: 'volumes-from' as const,
      readOnly: mount.readOnly || readOnly,
      recursiveReadOnly: mount.readOnly ? mount.recursiveReadOnly : readOnly ? ('yes' as const) : ('no' as const),
      mode,
      // Only the container that brought the volume along fills it.
      copyUp: false,
    }));
}
