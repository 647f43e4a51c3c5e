import type { FsOption } from '#sys/keeper/plan.ts';
import { MOUNT_ATTR, PROPAGATION } from './linux-numbers.ts';

/** Attributes to set and to clear, MOUNT_ATTR bits. */
export interface AttributeChange {
  readonly set: number;
  readonly clear: number;
}

/** The options of one mount of a config.json, sorted by what they do (config.md, "Linux mount options"). */
export interface MountOptions {
  readonly bind: 'no' | 'bind' | 'rbind';
  readonly remount: boolean;
  /** For the mount itself. */
  readonly attributes: AttributeChange;
  /** For the mount and all mounts below it. */
  readonly recursive: AttributeChange;
  readonly propagation: { readonly type: number; readonly recursive: boolean } | undefined;
  readonly copyUp: boolean;
  readonly idmap: 'no' | 'idmap' | 'ridmap';
  /** Flags of the superblock: `sync`, `dirsync`, `lazytime` and so on. */
  readonly superblock: readonly FsOption[];
  /** Whatever is left belongs to the file system. */
  readonly data: readonly FsOption[];
}

const ATTRIBUTES: Readonly<Record<string, AttributeChange>> = {
  ro: { set: MOUNT_ATTR.RDONLY, clear: 0 },
  rw: { set: 0, clear: MOUNT_ATTR.RDONLY },
  nosuid: { set: MOUNT_ATTR.NOSUID, clear: 0 },
  suid: { set: 0, clear: MOUNT_ATTR.NOSUID },
  nodev: { set: MOUNT_ATTR.NODEV, clear: 0 },
  dev: { set: 0, clear: MOUNT_ATTR.NODEV },
  noexec: { set: MOUNT_ATTR.NOEXEC, clear: 0 },
  exec: { set: 0, clear: MOUNT_ATTR.NOEXEC },
  nodiratime: { set: MOUNT_ATTR.NODIRATIME, clear: 0 },
  diratime: { set: 0, clear: MOUNT_ATTR.NODIRATIME },
  relatime: { set: 0, clear: MOUNT_ATTR.ATIME },
  norelatime: { set: MOUNT_ATTR.STRICTATIME, clear: MOUNT_ATTR.ATIME },
  noatime: { set: MOUNT_ATTR.NOATIME, clear: MOUNT_ATTR.ATIME },
  atime: { set: 0, clear: MOUNT_ATTR.ATIME },
  strictatime: { set: MOUNT_ATTR.STRICTATIME, clear: MOUNT_ATTR.ATIME },
  nostrictatime: { set: 0, clear: MOUNT_ATTR.ATIME },
  nosymfollow: { set: MOUNT_ATTR.NOSYMFOLLOW, clear: 0 },
  symfollow: { set: 0, clear: MOUNT_ATTR.NOSYMFOLLOW },
};

const PROPAGATIONS: Readonly<Record<string, number>> = {
  private: PROPAGATION.PRIVATE,
  slave: PROPAGATION.SLAVE,
  shared: PROPAGATION.SHARED,
  unbindable: PROPAGATION.UNBINDABLE,
};

/** What fsconfig(2) takes as a flag for every file system. */
const SUPERBLOCK = new Set(['sync', 'async', 'dirsync', 'mand', 'nomand', 'lazytime', 'nolazytime']);

/** Options without an effect on Linux today, or that only say the default. */
const NEUTRAL = new Set(['defaults', 'silent', 'loud', 'iversion', 'noiversion', 'acl', 'noacl', '']);

/** Sorts the options of a mount; later ones win over earlier ones. */
export function parseMountOptions(options: readonly string[]): MountOptions {
  let bind: MountOptions['bind'] = 'no';
  let idmap: MountOptions['idmap'] = 'no';
  let propagation: MountOptions['propagation'];
  let remount = false;
  let copyUp = false;
  let attributes: AttributeChange = { set: 0, clear: 0 };
  let recursive: AttributeChange = { set: 0, clear: 0 };
  const superblock: FsOption[] = [];
  const data: FsOption[] = [];
  for (const option of options) {
    const below = option.startsWith('r') ? option.slice(1) : undefined;
    if (NEUTRAL.has(option)) continue;
    if (option === 'bind' || option === 'rbind') bind = option;
    else if (option === 'idmap' || option === 'ridmap') idmap = option;
    else if (option === 'remount') remount = true;
    else if (option === 'tmpcopyup') copyUp = true;
    else if (ATTRIBUTES[option] !== undefined) attributes = merge(attributes, ATTRIBUTES[option]);
    else if (below !== undefined && ATTRIBUTES[below] !== undefined) recursive = merge(recursive, ATTRIBUTES[below]);
    else if (PROPAGATIONS[option] !== undefined) propagation = { type: PROPAGATIONS[option], recursive: false };
    else if (below !== undefined && PROPAGATIONS[below] !== undefined)
      propagation = { type: PROPAGATIONS[below], recursive: true };
    else if (SUPERBLOCK.has(option)) superblock.push({ key: option });
    else data.push(parseFsOption(option));
  }
  return { bind, remount, attributes, recursive, propagation, copyUp, idmap, superblock, data };
}

function merge(before: AttributeChange, next: AttributeChange): AttributeChange {
  return { set: (before.set & ~next.clear) | next.set, clear: (before.clear & ~next.set) | next.clear };
}

function parseFsOption(option: string): FsOption {
  const equals = option.indexOf('=');
  if (equals < 0) return { key: option };
  const value = option.slice(equals + 1);
  const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return { key: option.slice(0, equals), value: quoted ? value.slice(1, -1) : value };
}

/** Every option of the specification that {@link parseMountOptions} knows, for `features`. */
export function knownMountOptions(): string[] {
  const attributes = Object.keys(ATTRIBUTES);
  const propagations = Object.keys(PROPAGATIONS);
  const all = [
    ...attributes,
    ...attributes.map((name) => `r${name}`),
    ...propagations,
    ...propagations.map((name) => `r${name}`),
    ...SUPERBLOCK,
    ...[...NEUTRAL].filter((name) => name !== ''),
    'bind',
    'rbind',
    'idmap',
    'ridmap',
    'remount',
    'tmpcopyup',
  ];
  return [...new Set(all)].sort();
}
