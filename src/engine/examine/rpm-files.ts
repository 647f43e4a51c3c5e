/** The two older forms of rpm's database that are files of their own making; the bytes come from an image and are not trusted. */
import { BerthError } from '#base/errors.ts';

/** Pages of Berkeley DB's hash files ("db_page.h"). */
const HASH_MAGIC = 0x061561;
const HASH_PAGES: ReadonlySet<number> = new Set([2, 13]);
const OVERFLOW_PAGE = 7;
const PAGE_HEAD = 26;
const ITEM_HERE = 1;
const ITEM_ELSEWHERE = 3;

/** Blocks of rpm's own "ndb" ("rpmpkg.c"). */
const NDB_MAGIC = 0x506d7052;
const SLOT_MAGIC = 0x746f6c53;
const BLOB_MAGIC = 0x53626c42;
const NDB_PAGE = 4096;
const NDB_BLOCK = 16;
const NDB_HEAD = 32;

function damaged(form: string, why: string): BerthError {
  const words = `the image's database of rpm (${form}) cannot be read: ${why}`;
  return new BerthError('invalid', 'examine.rpm', words);
}

/**
 * The values of a hash file of Berkeley DB (`Packages`; RHEL 8, CentOS 7 and others of before 2020).
 *
 * @throws invalid when it is no such file, or a damaged one
 */
export function readBerkeleyHash(bytes: Uint8Array): Uint8Array[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = (why: string) => damaged('Berkeley DB', why);
  if (view.length < 512) throw bad('it is too short');
  const isLittle = view.readUInt32LE(12) === HASH_MAGIC;
  if (!isLittle && view.readUInt32BE(12) !== HASH_MAGIC) throw bad('it is no hash file');
  const u16 = (at: number) => (isLittle ? view.readUInt16LE(at) : view.readUInt16BE(at));
  const u32 = (at: number) => (isLittle ? view.readUInt32LE(at) : view.readUInt32BE(at));
  const size = u32(20);
  if (size < 512 || size > 65_536 || (size & (size - 1)) !== 0) throw bad(`a page size of ${size}`);
  if (view[24] !== 0) throw bad('it is encrypted');
  const pages = Math.floor(view.length / size);
  if (u32(32) >= pages) throw bad('it is too short');

  const elsewhere = (first: number, length: number): Uint8Array => {
    const pieces: Uint8Array[] = [];
    let left = length;
    for (let page = first, seen = 0; left > 0; page = u32(page * size + 16), seen++) {
      if (page === 0 || page >= pages || seen > pages || view[page * size + 25] !== OVERFLOW_PAGE)
        throw bad('a value is incomplete');
      const start = page * size + PAGE_HEAD;
      const piece = view.subarray(start, start + Math.min(u16(page * size + 22), size - PAGE_HEAD, left));
      if (piece.length === 0) throw bad('a value is incomplete');
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  };

  const values: Uint8Array[] = [];
  for (let page = 1; page < pages; page++) {
    const base = page * size;
    if (!HASH_PAGES.has(view[base + 25]!)) continue;
    const entries = u16(base + 20);
    if (PAGE_HEAD + 2 * entries > size) throw bad('a page has too many entries');
    // Keys and values take turns; entries fill a page from its end.
    for (let i = 1; i < entries; i += 2) {
      const at = u16(base + PAGE_HEAD + 2 * i);
      const end = u16(base + PAGE_HEAD + 2 * (i - 1));
      if (at >= end || end > size) throw bad('an entry is outside of its page');
      const type = view[base + at];
      if (type === ITEM_HERE) values.push(view.subarray(base + at + 1, base + end));
      if (type !== ITEM_ELSEWHERE) continue;
      if (at + 12 > size) throw bad('an entry is outside of its page');
      const length = u32(base + at + 8);
      if (length > view.length) throw bad('a value is larger than the file');
      values.push(elsewhere(u32(base + at + 4), length));
    }
  }
  return values;
}

/**
 * The values of a file of rpm's "ndb" (`Packages.db`; openSUSE and SLE).
 *
 * @throws invalid when it is no such file, or a damaged one
 */
export function readNdb(bytes: Uint8Array): Uint8Array[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < NDB_HEAD || view.readUInt32LE(0) !== NDB_MAGIC) throw damaged('ndb', 'it is no such file');
  const end = view.readUInt32LE(12) * NDB_PAGE;
  if (end > view.length) throw damaged('ndb', 'it is too short');
  const values: Uint8Array[] = [];
  for (let slot = NDB_HEAD; slot < end; slot += NDB_BLOCK) {
    if (view.readUInt32LE(slot) !== SLOT_MAGIC) throw damaged('ndb', 'a slot is none');
    if (view.readUInt32LE(slot + 4) === 0) continue;
    const at = view.readUInt32LE(slot + 8) * NDB_BLOCK;
    if (at + NDB_BLOCK > view.length || view.readUInt32LE(at) !== BLOB_MAGIC)
      throw damaged('ndb', 'a value is missing');
    const length = view.readUInt32LE(at + 12);
    if (at + NDB_BLOCK + length > view.length) throw damaged('ndb', 'a value is incomplete');
    values.push(view.subarray(at + NDB_BLOCK, at + NDB_BLOCK + length));
  }
  return values;
}
