import { posix } from 'node:path';
import { BerthError } from '#base/errors.ts';
import type { Mount } from '#spec/docker-api/containers.ts';

/** Where a mount was asked for; `volumes-from` copies another container's. */
export type MountOrigin = 'bind' | 'mount' | 'image' | 'volumes-from';

/** One mount of a container, as stored. Host paths are absolute. */
export interface ContainerMount {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  readonly origin: MountOrigin;
  /** Host path of a bind; a volume's data directory (filled in when the container is created); empty for a tmpfs. */
  readonly source: string;
  readonly destination: string;
  /** A volume's name; empty until an anonymous one gets its own. */
  readonly name: string;
  readonly readOnly: boolean;
  /** What `readOnly` means for mounts below the source: kept writable, made read-only, or refused unless it can be. */
  readonly recursiveReadOnly: 'no' | 'yes' | 'force';
  /** False mounts the source alone, without what is mounted below it. */
  readonly recursive: boolean;
  readonly propagation: string;
  /** The `-v` form's third part, for inspect. */
  readonly mode: string;
  /** Fill an empty volume from the image's directory. */
  readonly copyUp: boolean;
  /** Make a missing bind source a directory. */
  readonly createSource: boolean;
  /** Mount options of a tmpfs, for example `size=64m`. */
  readonly tmpfsOptions: readonly string[];
}

export const PROPAGATIONS: readonly string[] = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'];
/** Words of a `-v` mode; only one of each group may be given. */
const MODE_GROUPS: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['z', 'Z'],
  PROPAGATIONS,
  ['nocopy'],
  ['consistent', 'cached', 'delegated', 'default'],
];

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'mount.invalid', message);
}

/** Counts each group of `-v` modes; undefined for a word that is none. */
function countModes(mode: string): Map<readonly string[], number> | undefined {
  const counts = new Map<readonly string[], number>();
  if (mode === '') return counts;
  for (const word of mode.split(',')) {
    const group = MODE_GROUPS.find((words) => words.includes(word));
    if (group === undefined) return undefined;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

/** True for what may stand behind the second colon of `-v`: at most one word of each group. */
export function isMountMode(mode: string): boolean {
  const counts = countModes(mode);
  return counts !== undefined && [...counts.values()].every((count) => count === 1);
}

function checkDestination(path: string): void {
  if (posix.normalize(path.replaceAll('\\', '/')) === '/') {
    throw invalid("invalid specification: destination can't be '/'");
  }
  if (!path.startsWith('/')) throw invalid(`invalid mount path: '${path}' mount path must be absolute`);
}

/** A path without doubled slashes, dots and a final slash. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/**
 * One `-v` value: `/in/container`, `/host:/in/container[:mode]` or `name:/in/container[:mode]`.
 *
 * @throws invalid with Docker's words
 */
export function parseBind(raw: string): ContainerMount {
  const parts = raw.split(':');
  const [first = '', second = '', mode = ''] = parts;
  if (first === '' || parts.length > 3 || (parts.length === 2 && isMountMode(second))) {
    throw invalid(`invalid volume specification: '${raw}'`);
  }
  if (!isMountMode(mode)) throw invalid(`invalid mode: ${mode}`);
  const source = parts.length === 1 ? '' : first;
  const target = parts.length === 1 ? first : second;
  const words = mode === '' ? [] : mode.split(',');
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const propagation = words.find((word) => PROPAGATIONS.includes(word));
  try {
    if (target === '') throw invalid(`invalid mount config for type "${type}": field Target must not be empty`);
    checkDestinationOf(type, target);
    if (type === 'volume' && propagation !== undefined) {
      throw invalid('invalid mount config for type "volume": field BindOptions must not be specified');
    }
    if (type === 'bind' && words.includes('nocopy')) {
      throw invalid('invalid mount config for type "bind": field VolumeOptions must not be specified');
    }
  } catch (error) {
    throw invalid(`invalid volume specification: '${raw}': ${(error as Error).message}`);
  }
  const readOnly = words.includes('ro');
  return {
    type,
    origin: 'bind',
    source: type === 'bind' ? cleanPath(source) : '',
    destination: cleanPath(target),
    name: type === 'volume' ? source : '',
    readOnly,
    recursiveReadOnly: readOnly ? 'yes' : 'no',
    recursive: true,
    propagation: type === 'bind' ? (propagation ?? 'rprivate') : '',
    mode,
    copyUp: type === 'volume' && !words.includes('nocopy'),
    createSource: type === 'bind',
    tmpfsOptions: [],
  };
}

function checkDestinationOf(type: string, target: string): void {
  try {
    checkDestination(target);
  } catch (error) {
    throw invalid(`invalid mount config for type "${type}": ${(error as Error).message}`);
  }
}

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
      throw invalid(`invalid mount config for type "${mount.Type}": ${error.message}`);
    }
    throw error;
  }
}

function parseChecked(mount: Mount, sourceExists: (path: string) => boolean): ContainerMount {
  for (const [type, field] of Object.entries(OPTION_FIELDS)) {
    if (type !== mount.Type && mount[field] !== undefined && mount[field] !== null) {
      throw invalid(`field ${field} must not be specified`);
    }
  }
  const target = mount.Target ?? '';
  if (target === '') throw invalid('field Target must not be empty');
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
    case 'cluster':
    case 'npipe':
      throw new BerthError('unsupported', 'mount.type', `mount type "${mount.Type}" is not supported yet`);
    default:
      throw invalid('mount type unknown');
  }
}

function bindFields(mount: Mount, sourceExists: (path: string) => boolean) {
  const source = mount.Source ?? '';
  const options = mount.BindOptions ?? {};
  if (source === '') throw invalid('field Source must not be empty');
  const propagation = options.Propagation ?? '';
  if (propagation !== '' && !PROPAGATIONS.includes(propagation)) {
    throw invalid(`invalid propagation mode: ${propagation}`);
  }
  if (!source.startsWith('/')) throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
  if (!sourceExists(source) && !options.CreateMountpoint) {
    throw invalid(`bind source path does not exist: ${source}`);
  }
  const force = options.ReadOnlyForceRecursive ?? false;
  if (force && !mount.ReadOnly) throw invalid('ReadOnlyForceRecursive needs ReadOnly');
  if (force && options.ReadOnlyNonRecursive) {
    throw invalid('ReadOnlyForceRecursive and ReadOnlyNonRecursive exclude each other');
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
  };
}

function volumeFields(mount: Mount) {
  const options = mount.VolumeOptions ?? {};
  const name = mount.Source ?? '';
  const driver = options.DriverConfig?.Name ?? '';
  if ((options.Subpath ?? '') !== '') {
    if (name === '') throw invalid('must not set Subpath when using anonymous volumes');
    throw new BerthError('unsupported', 'mount.subpath', 'volume sub-paths are not supported yet');
  }
  if (driver !== '' && driver !== 'local') {
    throw new BerthError('unsupported', 'volume.driver', `volume driver "${driver}" is not supported`);
  }
  if (Object.keys(options.DriverConfig?.Options ?? {}).length > 0) {
    throw new BerthError('unsupported', 'volume.options', 'volume driver options are not supported yet');
  }
  return {
    type: 'volume' as const,
    source: '',
    name,
    propagation: '',
    recursive: true,
    recursiveReadOnly: (mount.ReadOnly ? 'yes' : 'no') as ContainerMount['recursiveReadOnly'],
    createSource: false,
    copyUp: !(options.NoCopy ?? false),
  };
}

function tmpfsFields(mount: Mount) {
  if ((mount.Source ?? '') !== '') throw invalid('field Source must not be specified');
  const options = mount.TmpfsOptions ?? {};
  const flags: string[] = [];
  if (options.Mode) flags.push(`mode=${options.Mode.toString(8)}`);
  if (options.SizeBytes) flags.push(`size=${options.SizeBytes}`);
  for (const option of options.Options ?? []) {
    const [word = ''] = option;
    if (option.length < 1 || option.length > 2) throw invalid('invalid option array length');
    if (word !== 'exec' && word !== 'noexec') throw invalid(`invalid option: ${word}`);
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

/** A volume that the image or `--volume /path` asks for. */
export function anonymousVolume(destination: string): ContainerMount {
  checkDestination(destination);
  return {
    type: 'volume',
    origin: 'image',
    source: '',
    destination: cleanPath(destination),
    name: '',
    readOnly: false,
    recursiveReadOnly: 'no',
    recursive: true,
    propagation: '',
    mode: '',
    copyUp: true,
    createSource: false,
    tmpfsOptions: [],
  };
}

/** Checks a destination of `HostConfig.Tmpfs`. */
export function checkTmpfsDestination(path: string): void {
  checkDestination(path);
}

/** `--volumes-from ID[:ro|rw|z|Z]`. */
export function parseVolumesFrom(spec: string): { readonly ref: string; readonly mode: string } {
  if (spec === '') throw invalid('volumes-from specification cannot be an empty string');
  const colon = spec.indexOf(':');
  const ref = colon < 0 ? spec : spec.slice(0, colon);
  const mode = colon < 0 ? '' : spec.slice(colon + 1);
  const words = mode === '' ? [] : mode.split(',');
  if (!isMountMode(mode) || words.some((word) => PROPAGATIONS.includes(word) || word === 'nocopy')) {
    throw invalid(`invalid mode: ${mode}`);
  }
  return { ref, mode: mode === '' ? 'rw' : mode };
}
