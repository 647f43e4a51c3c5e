/** Idmapped mounts (mount_setattr(2), MOUNT_ATTR_IDMAP): files show other owners than they have on the disk. */
import { lstatSync, statSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import type { LinuxIDMapping } from '#spec/oci-runtime/config.ts';
import type { Identity } from './account-files.ts';

/** `size` ids from `stored` (on the disk) on are shown as those from `shown` on. */
export interface IdMapRange {
  readonly stored: number;
  readonly shown: number;
  readonly size: number;
}

/**
 * What `idmap=` says: `match-user` shows the owner of the source as the container's user, and that user's own files as the
 * owner's; otherwise the ranges as they stand, and every id outside of them as nobody's.
 */
export type IdMap = 'match-user' | { readonly uids: readonly IdMapRange[]; readonly gids: readonly IdMapRange[] };

/** 2^32 - 1 is no id. */
const ID_END = 0xffff_ffff;
const RANGES_MAX = 340;

function invalid(text: string, why: string): BerthError {
  return new BerthError('invalid', 'mount.idmap', `invalid idmap "${text}": ${why}`);
}

/**
 * `match-user`, or `uids=STORED-SHOWN-SIZE[#...];gids=...` as podman has it.
 *
 * @throws invalid
 */
export function parseIdMap(text: string): IdMap {
  if (text === 'match-user') return text;
  const kinds = new Map<string, readonly IdMapRange[]>();
  for (const part of text.split(';')) {
    const [kind = '', value] = part.split('=');
    if ((kind !== 'uids' && kind !== 'gids') || value === undefined || kinds.has(kind)) {
      throw invalid(
        text,
        'must be "match-user" or "uids=STORED-SHOWN-SIZE;gids=STORED-SHOWN-SIZE", ranges joined by "#"',
      );
    }
    kinds.set(kind, parseRanges(text, value));
  }
  const uids = kinds.get('uids');
  const gids = kinds.get('gids');
  if (uids === undefined || gids === undefined) throw invalid(text, 'needs both uids and gids');
  return { uids, gids };
}

function parseRanges(text: string, value: string): IdMapRange[] {
  const ranges = value.split('#').map((range) => {
    const match = /^(\d{1,10})-(\d{1,10})-(\d{1,10})$/.exec(range);
    if (match === null) throw invalid(text, `"${range}" is no STORED-SHOWN-SIZE`);
    const [stored = 0, shown = 0, size = 0] = match.slice(1).map(Number);
    if (size === 0 || stored + size > ID_END || shown + size > ID_END)
      throw invalid(text, `"${range}" has ids out of range`);
    return { stored, shown, size };
  });
  if (ranges.length > RANGES_MAX) throw invalid(text, `more than ${RANGES_MAX} ranges`);
  for (const key of ['stored', 'shown'] as const) {
    const sorted = ranges.toSorted((a, b) => a[key] - b[key]);
    const clash = sorted.find(
      (range, i) => i > 0 && range[key] < (sorted[i - 1]?.[key] ?? 0) + (sorted[i - 1]?.size ?? 0),
    );
    if (clash !== undefined) throw invalid(text, 'ranges overlap');
  }
  return ranges;
}

/** Every id as itself, except that `a` and `b` change places; undefined when there is nothing to change. */
export function swapIds(a: number, b: number): IdMapRange[] {
  if (a === b) return [{ stored: 0, shown: 0, size: ID_END }];
  const [low, high] = a < b ? [a, b] : [b, a];
  const same = (from: number, to: number): IdMapRange[] =>
    to > from ? [{ stored: from, shown: from, size: to - from }] : [];
  return [
    ...same(0, low),
    { stored: low, shown: high, size: 1 },
    ...same(low + 1, high),
    { stored: high, shown: low, size: 1 },
    ...same(high + 1, ID_END),
  ];
}

/**
 * The mappings of one mount for the runtime; undefined when owners already are as wanted.
 *
 * @param subpath inside the source, relative; whose owner counts. Empty for the source itself
 * @throws invalid for `match-user` when links lead to the sub-path: who writes them could choose the owner
 */
export function mappingsOf(
  map: IdMap,
  source: string,
  subpath: string,
  user: Pick<Identity, 'uid' | 'gid'>,
): { readonly uidMappings: LinuxIDMapping[]; readonly gidMappings: LinuxIDMapping[] } | undefined {
  const ranges = map === 'match-user' ? matchUser(ownerOf(source, subpath), user) : map;
  if (ranges === undefined) return undefined;
  const toOci = ({ stored, shown, size }: IdMapRange): LinuxIDMapping => ({ containerID: stored, hostID: shown, size });
  return { uidMappings: ranges.uids.map(toOci), gidMappings: ranges.gids.map(toOci) };
}

type Owner = Pick<Identity, 'uid' | 'gid'>;

function ownerOf(source: string, subpath: string): Owner {
  let path = source;
  let owner: Owner = statSync(source);
  for (const name of subpath.split('/').filter((part) => part !== '')) {
    path = `${path}/${name}`;
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) throw invalid('match-user', `${path} is a symbolic link`);
    owner = stat;
  }
  return owner;
}

function matchUser(owner: Owner, user: Owner): Exclude<IdMap, string> | undefined {
  if (owner.uid === user.uid && owner.gid === user.gid) return undefined;
  return { uids: swapIds(owner.uid, user.uid), gids: swapIds(owner.gid, user.gid) };
}
