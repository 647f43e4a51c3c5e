import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import type { LinuxIDMapping } from '#spec/oci-runtime/config.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { boundDirectory, driverOptionsOf } from '../volumes/driver-options.ts';
import { fillMarker, finishRename } from '../volumes/volume-directory.ts';
import { identityOf, layersOf } from './container-config.ts';
import { mappingsOf } from './id-map.ts';
import type { ContainerMount } from './mount-spec.ts';
import { isForeignRuntime } from './runtime-name.ts';

/** A mount as it is made at a start, with everything that was looked up for it. */
export interface StartMount extends ContainerMount {
  /** A file system in the `place` of a volume's directory: `source` is its device. `bind` for a directory of the host. */
  readonly driver?: { readonly type: string; readonly options: readonly string[]; readonly place?: string };
  /** For an idmapped mount. */
  readonly mappings?: { readonly uidMappings: LinuxIDMapping[]; readonly gidMappings: LinuxIDMapping[] };
  /** The volume may want the image's content; path of the marker that stands while it is being copied. */
  readonly fill?: string;
  /** Process whose container has this volume's file system mounted now, and where: it is shared. */
  readonly shared?: { readonly pid: number; readonly path: string };
}

/**
 * The mounts of a container as it would start now. Only what needs to be looked up is: a container without volumes costs nothing.
 *
 * @throws not-found for a volume that is gone, invalid for devices and options that cannot be mounted
 */
export async function startMounts(
  context: EngineContext,
  row: ContainerRow,
  rootfs: RootfsMount,
  purpose: 'start' | 'explain',
): Promise<readonly StartMount[]> {
  const mounts: StartMount[] = [];
  for (const mount of row.spec.mounts) {
    if (mount.type === 'volume') mounts.push(await volumeMount(context, row, mount, purpose));
    else if (mount.type === 'image') mounts.push(imageMount(context, row, mount));
    else mounts.push(mount);
  }
  if (isForeignRuntime(row.hostConfig.Runtime)) refuseForForeign(row.hostConfig.Runtime, mounts);
  return mounts.map((mount) => withMappings(mount, row, rootfs));
}

async function volumeMount(
  context: EngineContext,
  row: ContainerRow,
  mount: ContainerMount,
  purpose: 'start' | 'explain',
): Promise<StartMount> {
  const volume = context.volumes.get(mount.name);
  if (volume === undefined) {
    if (purpose === 'explain') return mount;
    throw new BerthError('not-found', 'volume.not-found', `get ${mount.name}: no such volume`);
  }
  if (purpose === 'start') {
    finishRename(context, volume);
    mkdirSync(mount.source, { recursive: true, mode: 0o755 });
    checkSubpath(mount);
  }
  const marker = fillMarker(context.root, mount.name);
  // Docker fills a volume once, when it is new: what the container takes away later stays away.
  const fill =
    mount.copyUp && row.starts === 0
      ? { fill: mount.subpath === undefined ? marker : `${marker}-${flat(mount.subpath)}` }
      : {};
  const options = driverOptionsOf(volume.options);
  if (options === undefined) {
    return !('fill' in fill) || (mount.subpath === undefined && !wantsContent(mount.source, marker))
      ? mount
      : { ...mount, ...fill };
  }
  const bound = boundDirectory(volume.options);
  if (bound !== undefined) return { ...mount, ...fill, source: bound, driver: boundDriver(mount, bound, options.o) };
  if (mount.subpath !== undefined) {
    throw new BerthError(
      'unsupported',
      'volume.subpath',
      `volume ${mount.name}: a sub-path of a ${options.type} mount cannot be mounted`,
    );
  }
  const { resolveDevice } = await import('../volumes/resolve-device.ts');
  const { device, o } = await resolveDevice(mount.source, options);
  const shared =
    options.type === 'tmpfs' || options.type === 'ramfs' ? sharedBy(context, row.id, mount.name) : undefined;
  return {
    ...mount,
    ...(mount.readOnly || shared !== undefined ? {} : fill),
    source: device,
    driver: { type: options.type, options: o, place: mount.source },
    ...(shared === undefined ? {} : { shared }),
  };
}

/** What is not there can be told in Docker's words; what is there is looked up again by the plan, beneath the volume. */
function checkSubpath({ source, subpath }: ContainerMount): void {
  const path = `${source}/${subpath}`;
  if (subpath === undefined || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const message = `cannot access path ${path}: lstat ${path}: no such file or directory`;
  throw new BerthError('invalid', 'mount.subpath', message);
}

/** A volume that is empty, or whose filling was interrupted. */
function wantsContent(directory: string, marker: string): boolean {
  return existsSync(marker) || !existsSync(directory) || readdirSync(directory).length === 0;
}

/** A path as one name. */
function flat(path: string): string {
  return encodeURIComponent(path).slice(-200);
}

function boundDriver(mount: ContainerMount, device: string, words: readonly string[]) {
  if (!existsSync(device)) {
    const place = mount.source;
    throw new BerthError(
      'internal',
      'volume.device',
      `error while mounting volume '${place}': failed to mount local volume: mount ${device}:${place}, flags: 0x1000: no such file or directory`,
    );
  }
  return { type: 'bind', options: words.filter((word) => word !== 'bind' && word !== 'rbind') };
}

/** What lives in memory alone exists once for all containers that have it mounted at the same time. */
function sharedBy(context: EngineContext, id: string, name: string): StartMount['shared'] {
  for (const other of context.volumes.usersOf(name)) {
    const row = other === id ? undefined : context.containers.get(other);
    const mount = row?.spec.mounts.find((each) => each.type === 'volume' && each.name === name);
    if (row === undefined || mount === undefined || isForeignRuntime(row.hostConfig.Runtime)) continue;
    if (row.status === 'running' || row.status === 'paused') return { pid: row.pid, path: mount.destination };
  }
  return undefined;
}

/** An image is its layers, read-only: one alone as it lies there, several as an overlay. */
function imageMount(context: EngineContext, row: ContainerRow, mount: ContainerMount): StartMount {
  const lower = context.images.layersOf(mount.imageId ?? '');
  const [only] = lower;
  if (only === undefined) {
    throw new BerthError(
      'invalid',
      'mount.image',
      `image ${mount.name} has no file system of its own to mount (container ${row.id})`,
    );
  }
  if (lower.length === 1) return { ...mount, source: only };
  return { ...mount, source: 'overlay', driver: { type: 'overlay', options: [`lowerdir=${lower.join(':')}`] } };
}

function withMappings(mount: StartMount, row: ContainerRow, rootfs: RootfsMount): StartMount {
  if (mount.idMap === undefined) return mount;
  if (mount.driver !== undefined && mount.driver.type !== 'bind') {
    throw new BerthError(
      'unsupported',
      'mount.idmap',
      `volume ${mount.name}: a ${mount.driver.type} mount cannot be idmapped`,
    );
  }
  const identity = identityOf(row.spec.config, row.hostConfig, layersOf(rootfs));
  const mappings = mappingsOf(mount.idMap, mount.source, mount.subpath ?? '', identity);
  return mappings === undefined ? mount : { ...mount, mappings };
}

/** Other runtimes resolve paths by name: whoever writes into the volume could lead them anywhere. */
function refuseForForeign(runtime: string, mounts: readonly StartMount[]): void {
  const bad = mounts.find(
    ({ subpath, driver }) => subpath !== undefined || (driver !== undefined && driver.type !== 'bind'),
  );
  if (bad === undefined) return;
  const what = bad.subpath === undefined ? `a volume of type ${bad.driver?.type}` : 'a sub-path';
  throw new BerthError(
    'unsupported',
    'mount.runtime',
    `${bad.destination}: ${what} needs Berth's own runtime, not ${runtime}`,
  );
}
