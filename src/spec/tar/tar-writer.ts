import { BLOCK } from './header-block.ts';
import { encodePaxRecord } from './pax-records.ts';
import type { SparseRun, TarEntry, TarEntryType } from './tar-entry.ts';

/** What ends an archive. A part of its memory only: what is all of its memory can be given away to another thread, once. */
export const TAR_END: Uint8Array = new Uint8Array(3 * BLOCK).subarray(0, 2 * BLOCK);

const TYPE_FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

const MAX_OCTAL_7 = 0o7777777;
const MAX_OCTAL_11 = 0o77777777777;

/** Bytes of zeros that fill the last block of `size` bytes of data. */
export function tarPadding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function octal(block: Buffer, value: number, offset: number, length: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), offset, length - 1, 'latin1');
}

function checksum(block: Buffer): void {
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += block[i]!;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
}

/** Where a long path can be cut so that both parts fit their fields; -1 when nowhere. */
function splitAt(path: string): number {
  if (path.length > 256) return -1;
  const slash = path.indexOf('/', path.length - 101);
  return slash > 0 && slash <= 155 && slash < path.length - 1 ? slash : -1;
}

function writeBlock(block: Buffer, entry: TarEntry, path: string, size: number, flag: string): void {
  const cut = path.length <= 100 ? -1 : splitAt(path);
  block.write(cut === -1 ? path.slice(0, 100) : path.slice(cut + 1), 0, 100, 'latin1');
  octal(block, entry.mode & 0o7777, 100, 8);
  octal(block, entry.uid <= MAX_OCTAL_7 ? entry.uid : 0, 108, 8);
  octal(block, entry.gid <= MAX_OCTAL_7 ? entry.gid : 0, 116, 8);
  octal(block, size <= MAX_OCTAL_11 ? size : 0, 124, 12);
  const { mtimeSeconds } = entry;
  octal(block, mtimeSeconds >= 0 && mtimeSeconds <= MAX_OCTAL_11 ? mtimeSeconds : 0, 136, 12);
  block.write(flag, 156, 1, 'latin1');
  block.write(entry.linkPath.slice(0, 100), 157, 100, 'latin1');
  block.write('ustar\x0000', 257, 8, 'latin1');
  block.write(entry.userName.slice(0, 31), 265, 31, 'latin1');
  block.write(entry.groupName.slice(0, 31), 297, 31, 'latin1');
  octal(block, entry.devMajor <= MAX_OCTAL_7 ? entry.devMajor : 0, 329, 8);
  octal(block, entry.devMinor <= MAX_OCTAL_7 ? entry.devMinor : 0, 337, 8);
  if (cut !== -1) block.write(path.slice(0, cut), 345, 155, 'latin1');
  checksum(block);
}

function timeText(seconds: number, nanos: number): string {
  if (nanos === 0) return String(seconds);
  // A negative time with a fraction is `floor + nanos`; the text wants the distance from zero.
  const [whole, fraction] = seconds < 0 ? [seconds + 1, 1_000_000_000 - nanos] : [seconds, nanos];
  const sign = seconds < 0 && whole === 0 ? '-' : '';
  return `${sign}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
}

/** Records for everything that the fixed fields cannot hold (pax(1), "pax Extended Header"). */
function paxRecords(entry: TarEntry): string {
  let records = '';
  const { path, linkPath, uid, gid, size, mtimeSeconds, mtimeNanos } = entry;
  if (path.length > 100 && splitAt(path) === -1) records += encodePaxRecord('path', path);
  if (linkPath.length > 100) records += encodePaxRecord('linkpath', linkPath);
  if (uid > MAX_OCTAL_7) records += encodePaxRecord('uid', String(uid));
  if (gid > MAX_OCTAL_7) records += encodePaxRecord('gid', String(gid));
  if (size > MAX_OCTAL_11) records += encodePaxRecord('size', String(size));
  if (mtimeNanos !== 0 || mtimeSeconds < 0 || mtimeSeconds > MAX_OCTAL_11)
    records += encodePaxRecord('mtime', timeText(mtimeSeconds, mtimeNanos));
  if (entry.xattrs !== undefined)
    for (const [name, value] of [...entry.xattrs].sort(([a], [b]) => (a < b ? -1 : 1)))
      records += encodePaxRecord(`SCHILY.xattr.${name}`, Buffer.from(value).toString('latin1'));
  return records;
}

/** Where the data of a sparse file lies, as GNU sparse format 1.0 puts it in front of the data. */
function sparseMap(data: readonly SparseRun[], size: number): Buffer {
  const last = data.at(-1);
  const end = last === undefined ? 0 : last.offset + last.size;
  // GNU tar makes the file only as long as its last run: an empty one marks a hole at the end.
  const runs = end < size ? [...data, { offset: size, size: 0 }] : data;
  const text = `${runs.length}\n${runs.map(({ offset, size }) => `${offset}\n${size}\n`).join('')}`;
  const map = Buffer.alloc(text.length + tarPadding(text.length));
  map.write(text, 'latin1');
  return map;
}

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
 * The header of a member: one block, or an extended header before it where names, numbers, fractions of a second or attributes
 * need one. The header of a sparse file ends with its map (GNU sparse format 1.0); its data are the runs one after the other.
 *
 * @param entry `size` counts for files only
 */
export function encodeTarHeader(entry: TarEntry): Buffer {
  const size = entry.type === 'file' ? entry.size : 0;
  const path = entry.type === 'directory' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  if (entry.type === 'file' && entry.sparse !== undefined) {
    const map = sparseMap(entry.sparse, size);
    const stored = map.length + entry.sparse.reduce((sum, run) => sum + run.size, 0);
    const sparse =
      encodePaxRecord('GNU.sparse.major', '1') +
      encodePaxRecord('GNU.sparse.minor', '0') +
      encodePaxRecord('GNU.sparse.name', path) +
      encodePaxRecord('GNU.sparse.realsize', String(size));
    return Buffer.concat([encodeMember({ ...entry, path, size: stored }, sparse), map]);
  }
  return encodeMember({ ...entry, path, size }, '');
}

function encodeMember(member: TarEntry, before: string): Buffer {
  const { path, size, type } = member;
  const records = before + paxRecords(member);
  if (records === '') {
    const block = Buffer.alloc(BLOCK);
    writeBlock(block, member, path, size, TYPE_FLAGS[type]);
    return block;
  }
  const whole = Buffer.alloc(2 * BLOCK + records.length + tarPadding(records.length));
  const name = `PaxHeaders.0/${path.slice(path.lastIndexOf('/', path.length - 2) + 1)}`.slice(0, 100);
  const plain = { ...member, mode: 0o644, uid: 0, gid: 0, linkPath: '', devMajor: 0, devMinor: 0 };
  writeBlock(whole.subarray(0, BLOCK), plain, name, records.length, 'x');
  whole.write(records, BLOCK, 'latin1');
  writeBlock(whole.subarray(whole.length - BLOCK), member, path, size, TYPE_FLAGS[type]);
  return whole;
}
