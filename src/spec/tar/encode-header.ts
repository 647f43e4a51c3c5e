import { isAscii } from './byte-text.ts';
import { BLOCK } from './header-block.ts';
import { encodePaxRecord } from './pax-records.ts';
import type { SparseRun, TarEntry, TarEntryType } from './tar-entry.ts';

const FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

const OCTAL_7 = 0o7777777;
const OCTAL_11 = 0o77777777777;

/** An entry with everything at its plainest; set what differs. */
export function plainEntry(type: TarEntryType, path: string): TarEntry {
  return {
    type,
    path,
    linkPath: '',
    size: 0,
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    userName: '',
    groupName: '',
    mtimeSeconds: 0,
    mtimeNanos: 0,
    devMajor: 0,
    devMinor: 0,
    xattrs: undefined,
    sparse: undefined,
  };
}

/**
 * The header of a member: one ustar block, with a pax extended header in front where ustar cannot say it all. A sparse file's
 * runs go into a map after the header (GNU sparse format 1.0); its data are the runs one after the other.
 *
 * @returns whole blocks; the member's data, padded to a block, must follow
 */
export function encodeHeader(entry: TarEntry): Buffer {
  const pax: [string, string][] = [];
  const isSparse = entry.sparse !== undefined;
  const map = isSparse ? encodeSparseMap(entry.sparse) : Buffer.alloc(0);
  const stored = isSparse ? map.length + entry.sparse.reduce((sum, run) => sum + run.size, 0) : entry.size;
  if (isSparse) {
    pax.push(['GNU.sparse.major', '1'], ['GNU.sparse.minor', '0']);
    pax.push(['GNU.sparse.name', entry.path], ['GNU.sparse.realsize', String(entry.size)]);
  }
  const { name, prefix } = splitName(entry.path, pax);
  if (entry.linkPath.length > 100 || !isAscii(entry.linkPath)) pax.push(['linkpath', entry.linkPath]);
  if (entry.uid > OCTAL_7) pax.push(['uid', String(entry.uid)]);
  if (entry.gid > OCTAL_7) pax.push(['gid', String(entry.gid)]);
  if (stored > OCTAL_11) pax.push(['size', String(stored)]);
  if (entry.mtimeNanos !== 0 || entry.mtimeSeconds < 0 || entry.mtimeSeconds > OCTAL_11)
    pax.push(['mtime', timeText(entry)]);
  if (!isAscii(entry.userName)) pax.push(['uname', entry.userName]);
  if (!isAscii(entry.groupName)) pax.push(['gname', entry.groupName]);
  for (const key of [...(entry.xattrs?.keys() ?? [])].sort()) {
    pax.push([`SCHILY.xattr.${key}`, Buffer.from(entry.xattrs!.get(key)!).toString('latin1')]);
  }
  const header = encodeBlock({ ...entry, path: name, size: stored }, prefix, FLAGS[entry.type]);
  if (pax.length === 0) return header;
  const body = Buffer.from(pax.map(([key, value]) => encodePaxRecord(key, value)).join(''), 'latin1');
  const extended = encodeBlock(
    { ...plainEntry('file', 'pax'), size: body.length, mtimeSeconds: Math.max(entry.mtimeSeconds, 0) },
    '',
    'x',
  );
  const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
  return Buffer.concat([extended, body, padding, header, map]);
}

/** A path of more than 100 bytes is cut at a slash, or goes into the extended header. */
function splitName(path: string, pax: [string, string][]): { name: string; prefix: string } {
  if (isAscii(path)) {
    if (path.length <= 100) return { name: path, prefix: '' };
    const slash = path.lastIndexOf('/', Math.min(155, path.length - 2));
    if (slash > 0 && path.length - slash - 1 <= 100)
      return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
  }
  pax.push(['path', path]);
  return { name: path.slice(0, 100), prefix: '' };
}

function encodeBlock(entry: TarEntry, prefix: string, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string, offset: number, length: number) => block.write(value.slice(0, length), offset, 'latin1');
  const octal = (value: number, offset: number, length: number) => {
    const fits = value >= 0 && value < 8 ** (length - 1);
    block.write((fits ? value : 0).toString(8).padStart(length - 1, '0'), offset, 'latin1');
  };
  text(entry.path, 0, 100);
  octal(entry.mode, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(entry.size, 124, 12);
  octal(entry.mtimeSeconds, 136, 12);
  text(flag, 156, 1);
  text(entry.linkPath, 157, 100);
  text('ustar\u000000', 257, 8);
  text(isAscii(entry.userName) ? entry.userName : '', 265, 31);
  text(isAscii(entry.groupName) ? entry.groupName : '', 297, 31);
  octal(entry.devMajor, 329, 8);
  octal(entry.devMinor, 337, 8);
  text(prefix, 345, 155);
  block.fill(' ', 148, 156);
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += block[i]!;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function encodeSparseMap(runs: readonly SparseRun[]): Buffer {
  const text = `${runs.length}\n${runs.map(({ offset, size }) => `${offset}\n${size}\n`).join('')}`;
  const map = Buffer.alloc(Math.ceil(text.length / BLOCK) * BLOCK);
  map.write(text, 'latin1');
  return map;
}

function timeText({ mtimeSeconds, mtimeNanos }: TarEntry): string {
  if (mtimeNanos === 0) return String(mtimeSeconds);
  const isNegative = mtimeSeconds < 0;
  const seconds = isNegative ? -(mtimeSeconds + 1) : mtimeSeconds;
  const nanos = isNegative ? 1_000_000_000 - mtimeNanos : mtimeNanos;
  return `${isNegative ? '-' : ''}${seconds}.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
}
