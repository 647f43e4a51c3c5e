/** A small DNS codec for tests: queries out, answers in, and the other way round for servers. */

export const TYPES = {
  A: 1,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  HTTPS: 65,
  ANY: 255,
} as const;
export type TypeName = keyof typeof TYPES;

export interface Query {
  readonly name: string;
  readonly type?: TypeName;
  /** Size of EDNS; absent: none. */
  readonly edns?: number;
  readonly tcp?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

export interface Answer {
  readonly rcode: number;
  readonly truncated: boolean;
  /** `A 172.18.0.2`, `PTR web.net`, in the order of the message. */
  readonly records: readonly string[];
  /** The size in the answer's EDNS record. */
  readonly edns?: number;
  readonly bytes: number;
  readonly ttl?: number;
}

export function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ]);
}

export function encodeQuery(query: Query, id: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(0x0100, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(query.edns === undefined ? 0 : 1, 10);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(TYPES[query.type ?? 'A'], 0);
  tail.writeUInt16BE(1, 2);
  return Buffer.concat([
    head,
    encodeName(query.name),
    tail,
    ...(query.edns === undefined ? [] : [optRecord(query.edns)]),
  ]);
}

function optRecord(size: number): Buffer {
  const record = Buffer.alloc(11);
  record.writeUInt16BE(TYPES.OPT, 1);
  record.writeUInt16BE(size, 3);
  return record;
}

function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  for (let at = start, steps = 0; steps < 128; steps++) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) {
      end ??= at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
    } else if (length === 0) {
      return { name: labels.join('.'), end: end ?? at + 1 };
    } else {
      labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
  throw new Error('a name without end');
}

/** The question of a message: name and type. */
export function readQuestion(bytes: Buffer): { name: string; type: number; end: number } {
  const { name, end } = readName(bytes, 12);
  return { name, type: bytes.readUInt16BE(end), end: end + 4 };
}

function recordText(bytes: Buffer, type: number, at: number, length: number): string {
  if (type === TYPES.A) return `A ${[...bytes.subarray(at, at + 4)].join('.')}`;
  if (type === TYPES.AAAA) return `AAAA ${bytes.toString('hex', at, at + 16)}`;
  if (type === TYPES.PTR || type === TYPES.CNAME)
    return `${type === TYPES.PTR ? 'PTR' : 'CNAME'} ${readName(bytes, at).name}`;
  return `TYPE${type} ${bytes.toString('hex', at, at + length)}`;
}

/** @throws when it is no whole message */
export function decodeAnswer(bytes: Buffer): Answer {
  const records: string[] = [];
  let edns: number | undefined;
  let ttl: number | undefined;
  let at = bytes.readUInt16BE(4) === 1 ? readQuestion(bytes).end : 12;
  const count = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  for (let i = 0; i < count; i++) {
    at = readName(bytes, at).end;
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 8);
    if (type === TYPES.OPT) edns = bytes.readUInt16BE(at + 2);
    else {
      ttl ??= bytes.readUInt32BE(at + 4);
      records.push(recordText(bytes, type, at + 10, length));
    }
    at += 10 + length;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the last record`);
  const flags = bytes.readUInt16BE(2);
  return {
    rcode: flags & 15,
    truncated: (flags & 0x200) !== 0,
    records,
    bytes: bytes.length,
    ...(edns === undefined ? {} : { edns }),
    ...(ttl === undefined ? {} : { ttl }),
  };
}

export interface Given {
  readonly rcode?: number;
  readonly truncated?: boolean;
  readonly addresses?: readonly string[];
}

/** What a server says to a query. */
export function encodeAnswer(query: Buffer, given: Given): Buffer {
  const { end } = readQuestion(query);
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180 | (given.truncated === true ? 0x200 : 0) | (given.rcode ?? 0), 2);
  head.writeUInt16BE(given.addresses?.length ?? 0, 6);
  head.writeUInt32BE(0, 8);
  const records = (given.addresses ?? []).map((address) => {
    const record = Buffer.alloc(16);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(TYPES.A, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(30, 6);
    record.writeUInt16BE(4, 10);
    record.set(address.split('.').map(Number), 12);
    return record;
  });
  return Buffer.concat([head, ...records]);
}
