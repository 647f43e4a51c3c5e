/** Tables, chains, rules, sets and their elements, as messages to nf_tables. */
import { attribute, attributesIn, nested, parseAttributes, text, textOf } from '../netlink/attribute.ts';
import { be32, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, nftMessage, type TableFamily } from './message.ts';

const NEWTABLE = 0;
const GETTABLE = 1;
const DELTABLE = 2;
const NEWCHAIN = 3;
const GETCHAIN = 4;
const NEWRULE = 6;
const NEWSET = 9;
const NEWSETELEM = 12;
const GETSETELEM = 13;
const DELSETELEM = 14;
const SET_INTERVAL = 0x4;
const SET_MAP = 0x8;
const SET_CONCATENATION = 0x80;
/** nft(8) keeps six bits for each type of a concatenation. */
const TYPE_BITS = 6;
/** For nft(8), which else prints interface names backwards: key byte order (0), four bytes, the host's (1). */
const HOST_ORDER = Buffer.of(0, 4, 1, 0, 0, 0);
/** Elements in one message; keeps messages below the keeper's and the kernel's limits. */
const ELEMENTS_PER_MESSAGE = 64;
const MESSAGE_HEADER = 20;

export interface Table {
  readonly family: TableFamily;
  readonly name: string;
  /** For who lists it. */
  readonly comment?: string;
}

/** Types of set fields: nft's number, by which `nft list` prints values, and the length in bytes. */
export const FIELDS = {
  ipv4_addr: { number: 7, length: 4 },
  ipv6_addr: { number: 8, length: 16 },
  inet_proto: { number: 12, length: 1 },
  inet_service: { number: 13, length: 2 },
  ifname: { number: 41, length: 16 },
} as const;
export type Field = keyof typeof FIELDS;

export interface SetShape {
  readonly name: string;
  readonly key: readonly Field[];
  /** Ranges in the fields. */
  readonly interval?: boolean;
  /** Makes it a map. */
  readonly data?: readonly Field[];
}

/** A key, or the ends of a range when `keyEnd` is there; both and the data with every field padded to four bytes. */
export interface SetElement {
  readonly key: Uint8Array;
  readonly keyEnd?: Uint8Array;
  readonly data?: Uint8Array;
}

export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
const HOOKS: Readonly<Record<Hook, number>> = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 };

export interface Chain {
  readonly name: string;
  /** Absent: other chains jump to it. */
  readonly base?: { readonly type: 'filter' | 'nat'; readonly hook: Hook; readonly priority: number };
  /** Each the expressions of one rule. */
  readonly rules: readonly (readonly Buffer[])[];
}

const COMMENT_BYTES = 128;

/** What nft(8) shows as the comment of a table: in its own encoding, type, length, text. A longer one is left out. */
function commentOf(words: string): Buffer[] {
  const bytes = Buffer.from(`${words}\0`);
  return bytes.length > COMMENT_BYTES ? [] : [attribute(6, Buffer.concat([Buffer.of(0, bytes.length), bytes]))];
}

/** Makes a table, or leaves the one that is there. */
export function newTable({ family, name, comment }: Table): Buffer {
  const words = comment === undefined ? [] : commentOf(comment);
  return nftMessage(NEWTABLE, NLM_F_CREATE, family, text(1, name), be32(2, 0), ...words);
}

/** The comment of a table, from the kernel's answer to {@link findTable}; empty when it has none. */
export function readComment(message: Buffer): string {
  const words = parseAttributes(message.subarray(MESSAGE_HEADER)).get(6);
  return words === undefined || words.length < 2 || words[0] !== 0 ? '' : textOf(words.subarray(2));
}

/** Asks for a table; not for batches. The kernel answers ENOENT when there is none. */
export function findTable({ family, name }: Table): Buffer {
  return nftMessage(GETTABLE, 0, family, text(1, name));
}

/** Deletes a table with all in it. */
export function deleteTable({ family, name }: Table): Buffer {
  return nftMessage(DELTABLE, 0, family, text(1, name));
}

export function newChain({ family, name }: Table, chain: Chain): Buffer {
  const { base } = chain;
  const hook =
    base === undefined
      ? []
      : [nested(4, be32(1, HOOKS[base.hook]), be32(2, base.priority)), be32(5, 1), text(7, base.type)];
  return nftMessage(NEWCHAIN, NLM_F_CREATE, family, text(1, name), text(3, chain.name), ...hook);
}

/** Puts a rule at the end of its chain. */
export function newRule({ family, name }: Table, chain: string, expressions: readonly Buffer[]): Buffer {
  return nftMessage(
    NEWRULE,
    NLM_F_CREATE | NLM_F_APPEND,
    family,
    text(1, name),
    text(2, chain),
    nested(4, ...expressions),
  );
}

const padded = (length: number) => (length + 3) & ~3;

function typeNumber(fields: readonly Field[]): number {
  return fields.reduce((number, field) => (number << TYPE_BITS) | FIELDS[field].number, 0);
}

/** How long a value of these fields is in a register or an element. */
export function lengthOf(fields: readonly Field[]): number {
  const [only] = fields;
  return fields.length === 1
    ? FIELDS[only!].length
    : fields.reduce((sum, field) => sum + padded(FIELDS[field].length), 0);
}

/** @param id any number that no other set of the batch has */
export function newSet({ family, name }: Table, set: SetShape, id: number): Buffer {
  const isConcatenation = set.key.length > 1;
  const flags =
    (set.interval === true ? SET_INTERVAL : 0) |
    (set.data === undefined ? 0 : SET_MAP) |
    (isConcatenation ? SET_CONCATENATION : 0);
  const fields = set.key.map((field) => nested(1, be32(1, FIELDS[field].length)));
  return nftMessage(
    NEWSET,
    NLM_F_CREATE,
    family,
    text(1, name),
    text(2, set.name),
    be32(3, flags),
    be32(4, typeNumber(set.key)),
    be32(5, lengthOf(set.key)),
    ...(set.data === undefined ? [] : [be32(6, typeNumber(set.data)), be32(7, lengthOf(set.data))]),
    ...(isConcatenation ? [nested(9, nested(2, ...fields))] : []),
    be32(10, id),
    ...(isConcatenation ? [] : [attribute(13, HOST_ORDER)]),
  );
}

function element({ key, keyEnd, data }: SetElement): Buffer {
  const value = (bytes: Uint8Array) => attribute(1, bytes);
  return nested(
    1,
    nested(1, value(key)),
    ...(keyEnd === undefined ? [] : [nested(10, value(keyEnd))]),
    ...(data === undefined ? [] : [nested(2, value(data))]),
  );
}

function elementMessages(
  type: number,
  flags: number,
  { family, name }: Table,
  set: string,
  elements: readonly SetElement[],
): Buffer[] {
  const messages: Buffer[] = [];
  for (let i = 0; i < elements.length; i += ELEMENTS_PER_MESSAGE) {
    const part = elements.slice(i, i + ELEMENTS_PER_MESSAGE).map(element);
    messages.push(nftMessage(type, flags, family, text(1, name), text(2, set), nested(3, ...part)));
  }
  return messages;
}

/** The kernel answers EEXIST or EBUSY for an element that is there with other data, ENOENT for a table that is not. */
export function addElements(table: Table, set: string, elements: readonly SetElement[]): Buffer[] {
  return elementMessages(NEWSETELEM, NLM_F_CREATE, table, set, elements);
}

/** The kernel answers ENOENT when one of them is not there, and then deletes none. */
export function deleteElements(table: Table, set: string, elements: readonly SetElement[]): Buffer[] {
  const keys = elements.map(({ key, keyEnd }) => (keyEnd === undefined ? { key } : { key, keyEnd }));
  return elementMessages(DELSETELEM, 0, table, set, keys);
}

/** Asks for all chains of a family. */
export function listChains(family: TableFamily | 'inet'): Buffer {
  return nftMessage(GETCHAIN, NLM_F_DUMP, family);
}

/** A chain of whoever's. */
export interface ForeignChain {
  readonly family: TableFamily | 'inet';
  readonly table: string;
  readonly name: string;
  /** Number of the hook; undefined for chains that others jump to. */
  readonly hook?: number;
  readonly dropsByDefault: boolean;
}

const FAMILY_AT = 16;
const FAMILY_NAMES: Readonly<Record<number, ForeignChain['family']>> = { 1: 'inet', 2: 'ip', 10: 'ip6' };

/** @returns undefined for anything but a chain of these families */
export function readChain(message: Buffer): ForeignChain | undefined {
  if (message.length < MESSAGE_HEADER || (message.readUInt16LE(4) & 0xff) !== NEWCHAIN) return undefined;
  const family = FAMILY_NAMES[message.readUInt8(FAMILY_AT)];
  if (family === undefined) return undefined;
  const fields = parseAttributes(message.subarray(MESSAGE_HEADER));
  const base = fields.get(4);
  const hook = base === undefined ? undefined : parseAttributes(base).get(1)?.readUInt32BE(0);
  const policy = fields.get(5)?.readUInt32BE(0);
  return {
    family,
    table: textOf(fields.get(1)),
    name: textOf(fields.get(3)),
    ...(hook === undefined ? {} : { hook }),
    dropsByDefault: policy === 0,
  };
}

/** Asks for all elements of a set. */
export function listElements({ family, name }: Table, set: string): Buffer {
  return nftMessage(GETSETELEM, NLM_F_DUMP, family, text(1, name), text(2, set));
}

/** The elements in an answer to {@link listElements}, without data. */
export function readElements(message: Buffer): SetElement[] {
  if (message.length < MESSAGE_HEADER || (message.readUInt16LE(4) & 0xff) !== NEWSETELEM) return [];
  const list = parseAttributes(message.subarray(MESSAGE_HEADER)).get(3);
  return list === undefined ? [] : attributesIn(list).flatMap(readElement);
}

function readElement(bytes: Buffer): SetElement[] {
  const fields = parseAttributes(bytes);
  const field = (type: number) => {
    const outer = fields.get(type);
    return outer === undefined ? undefined : parseAttributes(outer).get(1);
  };
  const [key, keyEnd] = [field(1), field(10)];
  return key === undefined ? [] : [keyEnd === undefined ? { key } : { key, keyEnd }];
}
