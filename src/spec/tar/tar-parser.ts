import { BLOCK, type HeaderBlock, isZeroBlock, parseHeaderBlock, text } from './header-block.ts';
import { parsePaxRecords } from './pax-records.ts';
import { resolveEntry } from './resolve-entry.ts';
import { checkSparseRuns, readOldGnuRuns, readSparsePreamble } from './sparse-map.ts';
import type { SparseRun, TarEntry } from './tar-entry.ts';
import { tarError, tarTooLarge } from './tar-error.ts';

/** What becomes of the members. Calls come in order: entry, any number of data, entryEnd. */
export interface TarHandler {
  entry(entry: TarEntry): void;
  /** The view is valid during the call only. */
  data(bytes: Uint8Array): void;
  entryEnd(): void;
}

export interface TarLimits {
  /** Most members, extended headers counted. */
  readonly members?: number;
  /** Most bytes of one extended header or long name. */
  readonly headerBytes?: number;
}

const MEMBERS_MAX = 10_000_000;
const HEADER_BYTES_MAX = 1024 * 1024;
const NAME_MAX_BYTES = 64 * 1024;
const SPARSE_MAP_MAX_BYTES = 64 * 1024 * 1024;

type State = 'header' | 'meta' | 'sparse-blocks' | 'sparse-map' | 'data' | 'padding' | 'ended';

/** What earlier headers say about the member to come. */
export interface Pending {
  global: Map<string, string>;
  local: Map<string, string> | undefined;
  localRuns: SparseRun[];
  longName: string | undefined;
  longLink: string | undefined;
}

/**
 * Reads a tar archive pushed into it piece by piece: v7, ustar, pax (local and global headers), GNU long names and links, star
 * and libarchive attributes, GNU sparse files of all formats, base-256 numbers.
 */
export class TarParser {
  readonly #handler: TarHandler;
  readonly #membersMax: number;
  readonly #headerBytesMax: number;
  #state: State = 'header';
  /** Bytes of an incomplete header or map. */
  #held: Buffer = Buffer.alloc(0);
  #heldParts: Buffer[] = [];
  #heldLength = 0;
  #remaining = 0;
  #padding = 0;
  #members = 0;
  #zeroBlocks = 0;
  #header: HeaderBlock | undefined;
  #oldRuns: SparseRun[] | undefined;
  #realSize = 0;
  #pending: Pending = { global: new Map(), local: undefined, localRuns: [], longName: undefined, longLink: undefined };

  constructor(handler: TarHandler, limits: TarLimits = {}) {
    this.#handler = handler;
    this.#membersMax = limits.members ?? MEMBERS_MAX;
    this.#headerBytesMax = limits.headerBytes ?? HEADER_BYTES_MAX;
  }

  /** True after the two zero blocks that end an archive; what follows is ignored. */
  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** @throws invalid when the bytes cannot be part of an archive; and whatever the handler throws */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length && this.#state !== 'ended') at = this.#step(bytes, at);
  }

  /** Call after the last piece. @throws invalid when the archive stops in the middle of a member */
  end(): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'padding' && this.#heldLength === 0) return;
    if (this.#state !== 'header' || this.#heldLength > 0) throw tarError('unexpected end of the archive');
    const { local, longName, longLink } = this.#pending;
    if (local !== undefined || longName !== undefined || longLink !== undefined) {
      throw tarError('unexpected end of the archive after an extended header');
    }
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'data':
        return this.#takeData(bytes, at);
      case 'padding': {
        const count = Math.min(this.#padding, bytes.length - at);
        this.#padding -= count;
        if (this.#padding === 0) this.#state = 'header';
        return at + count;
      }
      case 'meta':
        return this.#take(bytes, at, this.#remaining, (body) => this.#takeMeta(body));
      case 'sparse-map':
        return this.#take(bytes, at, BLOCK, (block) => this.#takeSparseMap(block));
      case 'sparse-blocks':
        return this.#take(bytes, at, BLOCK, (block) => this.#takeSparseBlock(block));
      default:
        return this.#take(bytes, at, BLOCK, (block) => this.#takeHeader(block));
    }
  }

  /** Gathers `length` bytes, then hands them on in one piece. */
  #take(bytes: Buffer, at: number, length: number, done: (piece: Buffer) => void): number {
    if (this.#heldLength === 0 && bytes.length - at >= length) {
      done(bytes.subarray(at, at + length));
      return at + length;
    }
    const count = Math.min(length - this.#heldLength, bytes.length - at);
    this.#heldParts.push(Buffer.from(bytes.subarray(at, at + count)));
    this.#heldLength += count;
    if (this.#heldLength === length) {
      const piece = Buffer.concat(this.#heldParts);
      this.#heldParts = [];
      this.#heldLength = 0;
      done(piece);
    }
    return at + count;
  }

  #takeHeader(block: Buffer): void {
    if (block[0] === 0 && isZeroBlock(block)) {
      this.#zeroBlocks += 1;
      if (this.#zeroBlocks === 2) this.#state = 'ended';
      return;
    }
    if (this.#zeroBlocks > 0) throw tarError('data after a zero block');
    this.#members += 1;
    if (this.#members > this.#membersMax) throw tarTooLarge(`more than ${this.#membersMax} members`);
    const header = parseHeaderBlock(block);
    if (header.size < 0) throw tarError('negative size');
    switch (header.typeFlag) {
      case 'x':
      case 'X':
      case 'g':
      case 'L':
      case 'K':
        this.#beginMeta(header);
        return;
      case 'S':
        this.#header = header;
        this.#oldRuns = [];
        readOldGnuRuns(block, 386, 4, this.#oldRuns);
        this.#realSize = readSize(block, 483);
        if (block[482] !== 0) this.#state = 'sparse-blocks';
        else this.#begin();
        return;
      default:
        this.#header = header;
        this.#begin();
    }
  }

  #beginMeta(header: HeaderBlock): void {
    if (header.size > this.#headerBytesMax) {
      throw tarTooLarge(`extended header of ${header.size} bytes, at most ${this.#headerBytesMax} are accepted`);
    }
    this.#header = header;
    this.#remaining = header.size;
    this.#padding = paddingOf(header.size);
    if (header.size === 0) this.#takeMeta(Buffer.alloc(0));
    else this.#state = 'meta';
  }

  #takeMeta(body: Buffer): void {
    const pending = this.#pending;
    switch (this.#header!.typeFlag) {
      case 'L':
        pending.longName = text(body, 0, body.length);
        break;
      case 'K':
        pending.longLink = text(body, 0, body.length);
        break;
      default: {
        const { values, sparseRuns } = parsePaxRecords(body.toString('latin1'));
        if (this.#header!.typeFlag === 'g') for (const [key, value] of values) pending.global.set(key, value);
        else {
          pending.local = values;
          pending.localRuns = sparseRuns;
        }
      }
    }
    this.#state = this.#padding > 0 ? 'padding' : 'header';
  }

  #takeSparseBlock(block: Buffer): void {
    readOldGnuRuns(block, 0, 21, this.#oldRuns!);
    if (block[504] === 0) this.#begin();
  }

  #begin(): void {
    const { entry, stored, mapInData } = resolveEntry(this.#header!, this.#pending, this.#oldRuns, this.#realSize);
    if (entry !== undefined && (entry.path.length > NAME_MAX_BYTES || entry.linkPath.length > NAME_MAX_BYTES)) {
      throw tarTooLarge(`a name of more than ${NAME_MAX_BYTES} bytes`);
    }
    this.#oldRuns = undefined;
    this.#pending = { ...this.#pending, local: undefined, localRuns: [], longName: undefined, longLink: undefined };
    this.#remaining = stored;
    this.#padding = paddingOf(stored);
    this.#entry = entry;
    if (mapInData) {
      this.#held = Buffer.alloc(0);
      this.#state = 'sparse-map';
      return;
    }
    this.#announce();
  }

  #entry: TarEntry | undefined;

  #announce(): void {
    if (this.#entry !== undefined) this.#handler.entry(this.#entry);
    this.#state = 'data';
    if (this.#remaining === 0) this.#finish();
  }

  #takeSparseMap(block: Buffer): void {
    if (this.#remaining < BLOCK) throw tarError('sparse map longer than the data');
    this.#remaining -= BLOCK;
    this.#held = Buffer.concat([this.#held, block]);
    if (this.#held.length > SPARSE_MAP_MAX_BYTES) throw tarTooLarge('sparse map too long');
    const map = readSparsePreamble(this.#held.toString('latin1'));
    if (map === undefined) return;
    this.#held = Buffer.alloc(0);
    const entry = this.#entry!;
    this.#entry = { ...entry, sparse: checkSparseRuns(map.runs, entry.size, this.#remaining) };
    this.#announce();
  }

  #takeData(bytes: Buffer, at: number): number {
    const count = Math.min(this.#remaining, bytes.length - at);
    if (this.#entry !== undefined) this.#handler.data(bytes.subarray(at, at + count));
    this.#remaining -= count;
    if (this.#remaining === 0) this.#finish();
    return at + count;
  }

  #finish(): void {
    if (this.#entry !== undefined) this.#handler.entryEnd();
    this.#entry = undefined;
    this.#state = this.#padding > 0 ? 'padding' : 'header';
  }
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function readSize(block: Buffer, offset: number): number {
  const digits = text(block, offset, 12).trim();
  if ((block[offset]! & 0x80) !== 0) {
    let value = 0;
    for (let i = offset + 1; i < offset + 12; i++) value = value * 256 + block[i]!;
    return value;
  }
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}
