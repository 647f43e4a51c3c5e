import { posix } from 'node:path';
import { BerthError } from '#base/errors.ts';
import type { Mount } from '#spec/docker-api/containers.ts';
import { type IdMap, parseIdMap } from './id-map.ts';
import { type ContainerMount, checkDestination, cleanPath, invalidMount, PROPAGATIONS } from './mount-spec.ts';

const OPTION_FIELDS = {
  bind: 'BindOptions',
  volume: 'VolumeOptions',
  image: 'ImageOptions',
  tmpfs: 'TmpfsOptions',
  cluster: 'ClusterOptions',
} as const;

/**
 * One `--mount`, of `HostConfig.Mounts`.
 *
 * @param sourceExists tells whether a host path exists; a bind without CreateMountpoint needs it
 * @throws invalid with Docker's words; unsupported for mount types that Berth does not have
 */
export function parseMount(mount: Mount, sourceExists: (path: string) => boolean): ContainerMount {
  try {
    return parseChecked(mount, sourceExists);
  } catch (error) {
    if (error instanceof BerthError && error.kind === 'invalid') {
      throw invalidMount(`invalid mount config for type "${mount.Type}": ${error.message}`);
    }
    throw error;
  }
}

function parseChecked(mount: Mount, sourceExists: (path: string) => boolean): ContainerMount {
  for (const [type, field] of Object.entries(OPTION_FIELDS)) {
    if (type !== mount.Type && mount[field] !== undefined && mount[field] !== null) {
      throw invalidMount(`field ${field} must not be specified`);
    }
  }
  const target = mount.Target ?? '';
  if (target === '') throw invalidMount('field Target must not be empty');
  checkDestination(target);
  const base = {
    origin: 'mount' as const,
    destination: cleanPath(target),
    readOnly: mount.ReadOnly ?? false,
    mode: '',
    name: '',
    tmpfsOptions: [],
  };
  switch (mount.Type) {
    case 'bind':
      return { ...base, ...bindFields(mount, sourceExists) };
    case 'volume':
      return { ...base, ...volumeFields(mount) };
    case 'tmpfs':
      return { ...base, ...tmpfsFields(mount) };
    case 'image':
      return { ...base, ...imageFields(mount) };
    case 'cluster':
    case 'npipe':
      throw new BerthError('unsupported', 'mount.type', `mount type "${mount.Type}" is not supported`);
    default:
      throw invalidMount('mount type unknown');
  }
}

function bindFields(mount: Mount, sourceExists: (path: string) => boolean) {
  const source = mount.Source ?? '';
  const options = mount.BindOptions ?? {};
  if (source === '') throw invalidMount('field Source must not be empty');
  const propagation = options.Propagation ?? '';
  if (propagation !== '' && !PROPAGATIONS.includes(propagation)) {
    throw invalidMount(`invalid propagation mode: ${propagation}`);
  }
  if (!source.startsWith('/')) throw invalidMount(`invalid mount path: '${source}' mount path must be absolute`);
  if (!sourceExists(source) && !options.CreateMountpoint) {
    throw invalidMount(`bind source path does not exist: ${source}`);
  }
  const force = options.ReadOnlyForceRecursive ?? false;
  if (force && !mount.ReadOnly) throw invalidMount('ReadOnlyForceRecursive needs ReadOnly');
  if (force && options.ReadOnlyNonRecursive) {
    throw invalidMount('ReadOnlyForceRecursive and ReadOnlyNonRecursive exclude each other');
  }
  const readOnly = mount.ReadOnly ?? false;
  const recursiveReadOnly = !readOnly || options.ReadOnlyNonRecursive ? 'no' : force ? 'force' : 'yes';
  return {
    type: 'bind' as const,
    source: cleanPath(source),
    propagation: propagation === '' ? 'rprivate' : propagation,
    recursive: !(options.NonRecursive ?? false),
    recursiveReadOnly: recursiveReadOnly as ContainerMount['recursiveReadOnly'],
    createSource: options.CreateMountpoint ?? false,
    copyUp: false,
    ...idMapField(mount),
  };
}

function volumeFields(mount: Mount) {
  const options = mount.VolumeOptions ?? {};
  const name = mount.Source ?? '';
  const driver = options.DriverConfig?.Name ?? '';
  const subpath = options.Subpath ?? '';
  if (subpath !== '' && name === '') throw invalidMount('must not set Subpath when using anonymous volumes');
  if (driver !== '' && driver !== 'local') {
    throw new BerthError(
      'not-found',
      'volume.driver',
      `error looking up volume plugin ${driver}: plugin "${driver}" not found`,
    );
  }
  const driverOptions = options.DriverConfig?.Options ?? {};
  return {
    type: 'volume' as const,
    source: '',
    name,
    propagation: '',
    recursive: true,
    recursiveReadOnly: (mount.ReadOnly ? 'yes' : 'no') as ContainerMount['recursiveReadOnly'],
    createSource: false,
    copyUp: !(options.NoCopy ?? false),
    ...(subpath === '' ? {} : { subpath: checkSubpath(subpath) }),
    ...idMapField(mount),
    volume: {
      ...(options.Labels == null ? {} : { labels: options.Labels }),
      ...(Object.keys(driverOptions).length === 0 ? {} : { options: driverOptions }),
    },
  };
}

/** Whatever is in the volume, a path that leads out of it by itself is a mistake. */
function checkSubpath(path: string): string {
  const clean = posix.normalize(path);
  if (clean.startsWith('/') || clean === '..' || clean.startsWith('../')) {
    throw invalidMount('subpath must be a relative path within the volume');
  }
  return cleanPath(clean);
}

function imageFields(mount: Mount) {
  const subpath = mount.ImageOptions?.Subpath ?? '';
  if ((mount.Source ?? '') === '') throw invalidMount('field Source must not be empty');
  if (mount.IdMap !== undefined) throw invalidMount('field IdMap must not be specified');
  return {
    type: 'image' as const,
    source: '',
    name: mount.Source ?? '',
    // An image never changes.
    readOnly: true,
    propagation: '',
    recursive: true,
    recursiveReadOnly: 'yes' as const,
    createSource: false,
    copyUp: false,
    ...(subpath === '' ? {} : { subpath: checkSubpath(subpath) }),
  };
}

function idMapField(mount: Mount): { readonly idMap?: IdMap } {
  return mount.IdMap === undefined || mount.IdMap === '' ? {} : { idMap: parseIdMap(mount.IdMap) };
}

function tmpfsFields(mount: Mount) {
  if ((mount.Source ?? '') !== '') throw invalidMount('field Source must not be specified');
  if (mount.IdMap !== undefined) throw invalidMount('field IdMap must not be specified');
  const options = mount.TmpfsOptions ?? {};
  const flags: string[] = [];
  if (options.Mode) flags.push(`mode=${options.Mode.toString(8)}`);
  if (options.SizeBytes) flags.push(`size=${options.SizeBytes}`);
  for (const option of options.Options ?? []) {
    const [word = ''] = option;
    if (option.length < 1 || option.length > 2) throw invalidMount('invalid option array length');
    if (word !== 'exec' && word !== 'noexec') throw invalidMount(`invalid option: ${word}`);
    flags.push(word);
  }
  return {
    type: 'tmpfs' as const,
    source: '',
    propagation: '',
    recursive: true,
    recursiveReadOnly: 'no' as const,
    createSource: false,
    copyUp: false,
    tmpfsOptions: flags,
  };
}
