import type { HeaderBlock } from './header-block.ts';
import { decimal, parsePaxTime, xattrsOf } from './pax-records.ts';
import { checkSparseRuns, parseSparseList } from './sparse-map.ts';
import type { SparseRun, TarEntry, TarEntryType } from './tar-entry.ts';
import { tarError } from './tar-error.ts';
import type { Pending } from './tar-parser.ts';

export interface Resolved {
  /** Undefined for members that hold nothing for the file system (a GNU volume label). */
  readonly entry: TarEntry | undefined;
  /** Bytes of data in the archive. */
  readonly stored: number;
  /** The data begins with its sparse map (GNU sparse format 1.0). */
  readonly mapInData: boolean;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

const LABEL = 'V';

/**
 * Puts a header block and everything said before it together.
 *
 * @throws invalid for a member of unknown type and for values that are none
 */
export function resolveEntry(
  header: HeaderBlock,
  pending: Pending,
  oldRuns: SparseRun[] | undefined,
  realSize: number,
): Resolved {
  if (header.typeFlag === LABEL) return { entry: undefined, stored: header.size, mapInData: false };
  const pax = recordsOf(pending);
  const sparseName = pax?.get('GNU.sparse.name');
  const path = sparseName ?? pax?.get('path') ?? pending.longName ?? header.name;
  const linkPath = pax?.get('linkpath') ?? pending.longLink ?? header.linkName;
  if (path.includes('\0') || linkPath.includes('\0')) throw tarError('a name holds a zero byte');
  let type = TYPES[header.typeFlag];
  if (type === undefined) throw tarError(`member of unknown type ${JSON.stringify(header.typeFlag)}`);
  // Before ustar a directory was a file whose name ends in a slash.
  if (type === 'file' && path.endsWith('/')) type = 'directory';
  const paxSize = pax?.get('size');
  const size = paxSize === undefined ? header.size : decimal(paxSize, 'size');
  const stored = type === 'file' ? size : 0;
  const sparse = type === 'file' ? sparseOf(pax, pending.localRuns, oldRuns, realSize, stored) : undefined;
  const time = pax?.get('mtime');
  const { seconds, nanos } = time === undefined ? { seconds: header.mtime, nanos: 0 } : parsePaxTime(time);
  const entry: TarEntry = {
    type,
    path,
    linkPath,
    size: sparse === undefined ? stored : sparse.size,
    mode: header.mode,
    uid: idOf(pax?.get('uid'), header.uid, 'uid'),
    gid: idOf(pax?.get('gid'), header.gid, 'gid'),
    userName: pax?.get('uname') ?? header.userName,
    groupName: pax?.get('gname') ?? header.groupName,
    mtimeSeconds: seconds,
    mtimeNanos: nanos,
    devMajor: header.devMajor,
    devMinor: header.devMinor,
    xattrs: pax === undefined ? undefined : xattrsOf(pax),
    sparse: sparse?.runs,
  };
  return { entry, stored, mapInData: sparse?.mapInData ?? false };
}

/** Global records under local ones; an empty value takes a record away. */
function recordsOf(pending: Pending): Map<string, string> | undefined {
  if (pending.global.size === 0 && pending.local === undefined) return undefined;
  const records = new Map(pending.global);
  for (const [key, value] of pending.local ?? []) {
    if (value === '' && !key.includes('.xattr.') && key !== 'GNU.sparse.map') records.delete(key);
    else records.set(key, value);
  }
  return records;
}

interface Sparse {
  readonly size: number;
  readonly runs: SparseRun[];
  readonly mapInData: boolean;
}

function sparseOf(
  pax: ReadonlyMap<string, string> | undefined,
  repeated: SparseRun[],
  oldRuns: SparseRun[] | undefined,
  realSize: number,
  stored: number,
): Sparse | undefined {
  if (oldRuns !== undefined) {
    return { size: realSize, runs: checkSparseRuns(oldRuns, realSize, stored), mapInData: false };
  }
  if (pax === undefined) return undefined;
  const major = pax.get('GNU.sparse.major');
  if (major === '1' && pax.get('GNU.sparse.minor') === '0') {
    return { size: decimal(pax.get('GNU.sparse.realsize') ?? '', 'sparse size'), runs: [], mapInData: true };
  }
  if (major !== undefined && major !== '0') throw tarError(`unknown sparse format ${major}`);
  const sizeText = pax.get('GNU.sparse.size') ?? pax.get('GNU.sparse.realsize');
  if (sizeText === undefined) return undefined;
  const list = pax.get('GNU.sparse.map');
  const size = decimal(sizeText, 'sparse size');
  const runs = list === undefined ? repeated : parseSparseList(list);
  return { size, runs: checkSparseRuns(runs, size, stored), mapInData: false };
}

const ID_MAX = 0xffff_fffe;

function idOf(pax: string | undefined, header: number, what: string): number {
  const id = pax === undefined ? header : decimal(pax, what);
  if (id < 0 || id > ID_MAX) throw tarError(`${what} ${id} is out of range`);
  return id;
}
