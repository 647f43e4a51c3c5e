import { posix } from 'node:path';
import { BerthError } from '#base/errors.ts';
import type { IdMap } from './id-map.ts';

/** Where a mount was asked for; `volumes-from` copies another container's. */
export type MountOrigin = 'bind' | 'mount' | 'image' | 'volumes-from';

/** One mount of a container, as stored. Host paths are absolute. */
export interface ContainerMount {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image';
  readonly origin: MountOrigin;
  /** Host path of a bind; a volume's data directory (filled in when the container is created); empty for a tmpfs. */
  readonly source: string;
  readonly destination: string;
  /** A volume's name, empty until an anonymous one gets its own; an image's as the user called it. */
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
  /** Whose a source is that has to be made; the engine's own user's when absent. */
  readonly sourceOwner?: { readonly uid: number; readonly gid: number };
  /** Mount options of a tmpfs, for example `size=64m`. */
  readonly tmpfsOptions: readonly string[];
  /** The directory or file inside a volume or an image that is mounted in its place; relative, resolved inside it. */
  readonly subpath?: string;
  /** Shows owners as others than those on the disk. */
  readonly idMap?: IdMap;
  /** The image that is mounted. */
  readonly imageId?: string;
  /** What a volume is made with if it has to be made; not stored. */
  readonly volume?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly options?: Readonly<Record<string, string>>;
  };
}

export const PROPAGATIONS: readonly string[] = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'];
/** Words of a `-v` mode; only one of each group may be given. `rro`: with everything below, which Docker has in `--mount` alone. */
const MODE_GROUPS: readonly (readonly string[])[] = [
  ['rw', 'ro', 'rro'],
  ['z', 'Z'],
  PROPAGATIONS,
  ['nocopy'],
  ['consistent', 'cached', 'delegated', 'default'],
];

/** What is wrong with a mount, in Docker's words. */
export function invalidMount(message: string): BerthError {
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

/** @throws invalid with Docker's words for what is no absolute path or the root */
export function checkDestination(path: string): void {
  if (posix.normalize(path.replaceAll('\\', '/')) === '/') {
    throw invalidMount("invalid specification: destination can't be '/'");
  }
  if (!path.startsWith('/')) throw invalidMount(`invalid mount path: '${path}' mount path must be absolute`);
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
    throw invalidMount(`invalid volume specification: '${raw}'`);
  }
  if (!isMountMode(mode)) throw invalidMount(`invalid mode: ${mode}`);
  const source = parts.length === 1 ? '' : first;
  const target = parts.length === 1 ? first : second;
  const words = mode === '' ? [] : mode.split(',');
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const propagation = words.find((word) => PROPAGATIONS.includes(word));
  try {
    if (target === '') throw invalidMount(`invalid mount config for type "${type}": field Target must not be empty`);
    checkDestinationOf(type, target);
    if (type === 'volume' && propagation !== undefined) {
      throw invalidMount('invalid mount config for type "volume": field BindOptions must not be specified');
    }
    if (type === 'bind' && words.includes('nocopy')) {
      throw invalidMount('invalid mount config for type "bind": field VolumeOptions must not be specified');
    }
  } catch (error) {
    throw invalidMount(`invalid volume specification: '${raw}': ${(error as Error).message}`);
  }
  const readOnly = words.includes('ro') || words.includes('rro');
  return {
    type,
    origin: 'bind',
    source: type === 'bind' ? cleanPath(source) : '',
    destination: cleanPath(target),
    name: type === 'volume' ? source : '',
    readOnly,
    recursiveReadOnly: words.includes('rro') ? 'force' : readOnly ? 'yes' : 'no',
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
    throw invalidMount(`invalid mount config for type "${type}": ${(error as Error).message}`);
  }
}

/** A volume that the image or `--volume /path` asks for; images may name it relative to the root. */
export function anonymousVolume(path: string): ContainerMount {
  const destination = path.startsWith('/') ? path : `/${path}`;
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

/** `--volumes-from ID[:ro|rw|z|Z]`. */
export function parseVolumesFrom(spec: string): { readonly ref: string; readonly mode: string } {
  if (spec === '') throw invalidMount('volumes-from specification cannot be an empty string');
  const colon = spec.indexOf(':');
  const ref = colon < 0 ? spec : spec.slice(0, colon);
  const mode = colon < 0 ? '' : spec.slice(colon + 1);
  const words = mode === '' ? [] : mode.split(',');
  if (!isMountMode(mode) || words.some((word) => PROPAGATIONS.includes(word) || ['nocopy', 'rro'].includes(word))) {
    throw invalidMount(`invalid mode: ${mode}`);
  }
  return { ref, mode: mode === '' ? 'rw' : mode };
}
