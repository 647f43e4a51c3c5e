import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePaxRecord } from './pax-records.ts';
import type { TarEntry } from './tar-entry.ts';
import { TarParser } from './tar-parser.ts';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from './tar-writer.ts';

interface Seen extends TarEntry {
  readonly data: string;
}

function parse(archive: Uint8Array, pieceSize = archive.length): Seen[] {
  const seen: Seen[] = [];
  let entry: TarEntry | undefined;
  let data: Buffer[] = [];
  const parser = new TarParser({
    entry: (next) => {
      entry = next;
      data = [];
    },
    data: (bytes) => void data.push(Buffer.from(bytes)),
    entryEnd: () => void seen.push({ ...entry!, data: Buffer.concat(data).toString('latin1') }),
  });
  for (let at = 0; at < archive.length; at += pieceSize) parser.push(archive.subarray(at, at + pieceSize));
  parser.end();
  return seen;
}

/** A raw header of a type that the writer does not make, with fields put in by offset. */
function raw(flag: string, data: string, fields: Readonly<Record<number, string>> = {}): Buffer {
  const block = encodeTarHeader({ ...plainEntry('file', 'raw'), size: data.length });
  block.write(flag, 156, 'latin1');
  for (const [offset, text] of Object.entries(fields)) block.write(text, Number(offset), 'latin1');
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([block, Buffer.from(data, 'latin1'), Buffer.alloc(tarPadding(data.length))]);
}

function file(path: string, data: string): Buffer {
  return Buffer.concat([
    encodeTarHeader({ ...plainEntry('file', path), size: data.length }),
    Buffer.from(data),
    Buffer.alloc(tarPadding(data.length)),
  ]);
}

test('TarParser reads what encodeTarHeader() writes, in pieces of any size', () => {
  const entry: TarEntry = {
    ...plainEntry('file', `${'long/'.repeat(60)}name`),
    size: 5,
    mode: 0o4755,
    uid: 3_000_000,
    gid: 4_000_000_000,
    mtimeSeconds: -2,
    mtimeNanos: 500_000_000,
    xattrs: new Map([['user.bin', Buffer.from([0, 10, 255])]]),
  };
  const archive = Buffer.concat([encodeTarHeader(entry), Buffer.from('hello'), Buffer.alloc(507), TAR_END]);
  for (const size of [1, 7, 512, 513, archive.length]) {
    const [seen] = parse(archive, size);
    const { data, xattrs, ...rest } = seen!;
    assert.deepEqual({ ...rest, xattrs: undefined }, { ...entry, xattrs: undefined });
    assert.deepEqual([...xattrs!.get('user.bin')!], [0, 10, 255]);
    assert.equal(data, 'hello');
  }
});

test('TarParser takes GNU long names and links and the volume label', () => {
  const name = `${'n'.repeat(150)}/x`;
  const archive = Buffer.concat([
    raw('V', ''),
    raw('L', `${name}\0`),
    raw('K', `${'t'.repeat(300)}\0`),
    encodeTarHeader({ ...plainEntry('symlink', 'short'), linkPath: 'short' }),
    TAR_END,
  ]);
  const [seen, ...rest] = parse(archive);
  assert.deepEqual(rest, []);
  assert.equal(seen?.path, name);
  assert.equal(seen?.linkPath, 't'.repeat(300));
});

test('TarParser applies global headers to all that follow and local ones to the next', () => {
  const records = (key: string, value: string) => encodePaxRecord(key, value);
  const archive = Buffer.concat([
    raw('g', records('mtime', '5.25') + records('comment', 'x')),
    raw('x', records('path', 'renamed') + records('mtime', '7')),
    file('a', 'a'),
    file('b', 'b'),
    raw('x', records('mtime', '')),
    file('c', 'c'),
    TAR_END,
  ]);
  assert.deepEqual(
    parse(archive).map(({ path, mtimeSeconds, mtimeNanos }) => [path, mtimeSeconds, mtimeNanos]),
    [
      ['renamed', 7, 0],
      ['b', 5, 250_000_000],
      ['c', 0, 0],
    ],
  );
});

test('TarParser takes every form of sparse file', () => {
  const expected = {
    path: 'sparse',
    size: 10_000,
    sparse: [
      { offset: 512, size: 3 },
      { offset: 9000, size: 2 },
    ],
    data: 'abcde',
  };
  const octal = (value: number) => value.toString(8).padStart(11, '0');
  const old = raw('S', 'abcde', {
    0: 'sparse\0',
    257: 'ustar  \0',
    386: `${octal(512)}\0${octal(3)}\0${octal(9000)}\0${octal(2)}\0${octal(10_000)}\0${octal(0)}\0`,
    483: octal(10_000),
  });
  const pax = (...records: [string, string][]) =>
    raw('x', records.map(([key, value]) => encodePaxRecord(key, value)).join(''));
  const zero = pax(
    ['GNU.sparse.size', '10000'],
    ['GNU.sparse.numblocks', '2'],
    ['GNU.sparse.offset', '512'],
    ['GNU.sparse.numbytes', '3'],
    ['GNU.sparse.offset', '9000'],
    ['GNU.sparse.numbytes', '2'],
  );
  const one = pax(['GNU.sparse.size', '10000'], ['GNU.sparse.name', 'sparse'], ['GNU.sparse.map', '512,3,9000,2']);
  const sparse = [
    { offset: 512, size: 3 },
    { offset: 9000, size: 2 },
  ];
  const written = encodeTarHeader({ ...plainEntry('file', 'sparse'), size: 10_000, sparse });
  const forms = [
    old,
    Buffer.concat([zero, file('sparse', 'abcde')]),
    Buffer.concat([one, file('other', 'abcde')]),
    Buffer.concat([written, Buffer.from('abcde'), Buffer.alloc(507)]),
  ];
  for (const form of forms) {
    for (const size of [1, 512, form.length]) {
      const [seen] = parse(Buffer.concat([form, TAR_END]), size);
      const { path, size: bytes, sparse: runs, data } = seen!;
      assert.deepEqual({ path, size: bytes, sparse: runs, data }, expected);
    }
  }
});

test('TarParser reads base-256 numbers and directories of the time before ustar', () => {
  const big = raw('0', '', {
    108: '\x80\x00\x00\x00\x00\x30\x00\x00',
    136: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe',
  });
  const [seen] = parse(Buffer.concat([big, TAR_END]));
  assert.equal(seen?.uid, 0x300000);
  assert.equal(seen?.mtimeSeconds, -2);
  const [folder] = parse(Buffer.concat([raw('\0', '', { 0: 'old/\0' }), TAR_END]));
  assert.equal(folder?.type, 'directory');
});

test('TarParser stops at the end mark and ignores what follows', () => {
  const archive = Buffer.concat([file('a', 'a'), TAR_END, Buffer.from('rubbish')]);
  assert.equal(parse(archive).length, 1);
  assert.equal(parse(file('a', 'a')).length, 1);
});

test('TarParser refuses what is damaged or beyond all measure', () => {
  const refused = (archive: Buffer, message: RegExp) =>
    assert.throws(() => parse(archive), { kind: 'invalid', message });
  refused(raw('x', 'no record'), /malformed extended header/);
  refused(raw('x', '99 a=b\n'), /malformed extended header/);
  refused(raw('x', encodePaxRecord('path', 'a\0b')) as Buffer, /after an extended header/);
  refused(Buffer.concat([raw('x', encodePaxRecord('path', 'a\0b')), file('a', 'a')]), /zero byte/);
  refused(Buffer.concat([raw('x', encodePaxRecord('size', '-1')), file('a', 'a')]), /size is no valid number/);
  refused(
    Buffer.concat([raw('x', encodePaxRecord('uid', '4294967295')), file('a', 'a')]),
    /uid 4294967295 is out of range/,
  );
  refused(raw('x', '', { 124: '77777777777' }), /at most 1048576 are accepted/);
  refused(Buffer.concat([file('a', 'a'), Buffer.alloc(512), file('b', 'b')]), /data after a zero block/);
  const map = encodePaxRecord('GNU.sparse.size', '5') + encodePaxRecord('GNU.sparse.map', '0,3,2,2');
  refused(Buffer.concat([raw('x', map), file('a', 'abcde')]), /out of order/);
  const many = new TarParser({ entry() {}, data() {}, entryEnd() {} }, { members: 2 });
  const three = Buffer.concat([file('a', ''), file('b', ''), file('c', '')]);
  assert.throws(() => many.push(three), /more than 2 members/);
});
