/**
 * Turns the lines of a json-file log into what the API sends. The common line is taken apart byte by byte where it lies;
 * everything else (attributes, odd key order) goes through a JSON parser.
 */
import { formatTimeNs, parseTimeNs } from '#base/time.ts';
import { escapeDetail } from './details.ts';

export interface ScanOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** With 8-byte headers that name the stream; without for a terminal's log. */
  readonly multiplexed: boolean;
  /** One frame for neighbouring messages of a stream instead of one each. */
  readonly joinFrames: boolean;
  readonly timestamps: boolean;
  readonly details: boolean;
  readonly sinceNs: bigint | undefined;
  readonly untilNs: bigint | undefined;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const CLOSE = 0x7d;
const HEADER = 8;
/** `Z`, the end of a time in UTC. */
const UTC = 0x5a;
/** Length of `2006-01-02T15:04:05`. */
const SECOND = 19;

const START = Buffer.from('{"log":"');
/** Bytes of `","stream":"stdout","time":"`, the fixed part between message and time. */
const MIDDLE = 28;
/** `2006-01-02T15:04:05.999999999+00:00` */
const LONGEST_TIME = 35;

interface Line {
  readonly log?: unknown;
  readonly stream?: unknown;
  readonly time?: unknown;
  readonly attrs?: Readonly<Record<string, string>>;
}

function isStart(data: Buffer, at: number): boolean {
  for (let i = 0; i < START.length; i++) if (data[at + i] !== START[i]) return false;
  return true;
}

/** Where the time of a line begins, its last value; -1 when the line does not end in the common form. */
function timeStart(data: Buffer, from: number, newline: number): number {
  if (data[newline - 1] !== CLOSE || data[newline - 2] !== QUOTE) return -1;
  let at = newline - 3;
  const lowest = Math.max(from, at - LONGEST_TIME);
  while (at > lowest && data[at] !== QUOTE) at--;
  const time = at + 1;
  const end = time - MIDDLE;
  if (end < from + START.length || data[end] !== QUOTE || data[end + 1] !== COMMA) return -1;
  // `"stream":"std???"` and `,"time":"` must surround the two values; with attributes between them they do not.
  if (data[time - 18] !== COLON || data[time - 17] !== QUOTE || data[time - 10] !== QUOTE) return -1;
  return data[time - 9] === COMMA && data[time - 2] === COLON ? time : -1;
}

function hexDigits(data: Buffer, at: number): number {
  return Number.parseInt(data.toString('latin1', at, at + 4), 16);
}

const SINGLE: Readonly<Record<number, number>> = { 110: 10, 114: 13, 116: 9, 98: 8, 102: 12 };

/** Undoes JSON escapes. @returns where the output ends */
function writeUnescaped(data: Buffer, from: number, to: number, out: Buffer, at: number): number {
  let read = from;
  let write = at;
  while (read < to) {
    const byte = data[read]!;
    if (byte !== BACKSLASH) {
      out[write++] = byte;
      read++;
      continue;
    }
    const kind = data[read + 1]!;
    if (kind !== 0x75) {
      out[write++] = SINGLE[kind] ?? kind;
      read += 2;
      continue;
    }
    let code = hexDigits(data, read + 2);
    read += 6;
    if (code >= 0xd800 && code < 0xdc00 && data[read] === BACKSLASH && data[read + 1] === 0x75) {
      code = 0x10000 + ((code - 0xd800) << 10) + (hexDigits(data, read + 2) - 0xdc00);
      read += 6;
    }
    write += out.write(String.fromCodePoint(code), write);
  }
  return write;
}

/** The second of a time as lines have it. */
function secondOf(ns: bigint | undefined): Buffer | undefined {
  return ns === undefined ? undefined : Buffer.from(formatTimeNs(ns).slice(0, SECOND), 'latin1');
}

/** Less than 0 when a line's time is in an earlier second, 0 when it is in the same. */
function comparedTo(second: Buffer, data: Buffer, at: number): number {
  for (let i = 0; i < SECOND; i++) {
    const difference = data[at + i]! - second[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Scanner of one log; remembers nothing between calls but that `until` has passed. */
export class LineScanner {
  readonly #options: ScanOptions;
  readonly #since: Buffer | undefined;
  readonly #until: Buffer | undefined;
  #ended = false;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#since = secondOf(options.sinceNs);
    this.#until = secondOf(options.untilNs);
  }

  /** True once a message was later than `until`: nothing more will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Converts the complete lines of `data[0, length)`. A line that is no JSON (torn by a crash of the machine) is left out.
   *
   * @returns `output` and how many bytes of `data` were used; the rest is the beginning of a line
   */
  scan(data: Buffer, length: number): { readonly output: Buffer; readonly used: number } {
    // No line grows: its frame's header and time are shorter than the JSON around the message. Details are apart.
    let out: Buffer = Buffer.allocUnsafe(length + HEADER);
    let at = 0;
    let from = 0;
    let frame = -1;
    let frameStream = 0;
    const { multiplexed, joinFrames, details } = this.#options;
    for (;;) {
      const newline = data.indexOf(NEWLINE, from);
      if (newline === -1 || newline >= length || this.#ended) break;
      const time = details || !isStart(data, from) ? -1 : timeStart(data, from, newline);
      const other = time === -1 ? this.#other(data, from, newline) : undefined;
      const stream = time === -1 ? (other?.stream ?? 0) : this.#streamOf(data, time, newline - 2);
      if (stream !== 0) {
        const joins = joinFrames && frameStream === stream;
        const body = multiplexed && !joins ? at + HEADER : at;
        let end: number;
        if (other === undefined) {
          end = this.#common(data, from + START.length, time, newline - 2, out, body);
        } else {
          out = room(out, body, other.text.length + length - newline);
          end = body + other.text.copy(out, body);
        }
        if (end > body) {
          if (multiplexed && !joins) {
            frame = at;
            frameStream = stream;
            out.writeUInt32BE(stream * 0x1000000, frame);
          }
          at = end;
          if (multiplexed) out.writeUInt32BE(at - frame - HEADER, frame + 4);
        }
      }
      from = newline + 1;
    }
    return { output: out.subarray(0, at), used: this.#ended ? length : from };
  }

  /** 1 or 2, or 0 for a message that is not wanted. */
  #streamOf(data: Buffer, timeFrom: number, timeTo: number): number {
    const { stdout, stderr, sinceNs, untilNs } = this.#options;
    // The fourth letter of `stdout` and `stderr`.
    const stream = data[timeFrom - 13] === 0x65 ? 2 : 1;
    if (stream === 1 ? !stdout : !stderr) return 0;
    if (sinceNs === undefined && untilNs === undefined) return stream;
    if (data[timeTo - 1] === UTC) {
      const toSince = this.#since === undefined ? 1 : comparedTo(this.#since, data, timeFrom);
      const toUntil = this.#until === undefined ? -1 : comparedTo(this.#until, data, timeFrom);
      if (toSince < 0 && toUntil < 0) return 0;
      if (toSince > 0 && toUntil < 0) return stream;
    }
    return this.#inRange(data.toString('latin1', timeFrom, timeTo)) ? stream : 0;
  }

  #inRange(time: string): boolean {
    const { sinceNs, untilNs } = this.#options;
    const ns = parseTimeNs(time);
    if (ns === undefined) return true;
    if (untilNs !== undefined && ns > untilNs) {
      this.#ended = true;
      return false;
    }
    return sinceNs === undefined || ns >= sinceNs;
  }

  #common(data: Buffer, from: number, time: number, timeTo: number, out: Buffer, start: number): number {
    let at = start;
    if (this.#options.timestamps) {
      at += data.copy(out, at, time, timeTo);
      out[at++] = 0x20;
    }
    const to = time - MIDDLE;
    const firstEscape = data.indexOf(BACKSLASH, from);
    if (firstEscape === to - 2 && data[firstEscape + 1] === 0x6e) {
      at += data.copy(out, at, from, firstEscape);
      out[at++] = NEWLINE;
      return at;
    }
    if (firstEscape === -1 || firstEscape >= to) return at + data.copy(out, at, from, to);
    at += data.copy(out, at, from, firstEscape);
    return writeUnescaped(data, firstEscape, to, out, at);
  }

  #other(data: Buffer, from: number, newline: number): { stream: number; text: Buffer } | undefined {
    let line: Line;
    try {
      line = JSON.parse(data.toString('utf8', from, newline)) as Line;
    } catch {
      return undefined;
    }
    if (typeof line !== 'object' || line === null || typeof line.log !== 'string') return undefined;
    const stream = line.stream === 'stderr' ? 2 : 1;
    if (stream === 1 ? !this.#options.stdout : !this.#options.stderr) return undefined;
    const time = typeof line.time === 'string' ? line.time : '';
    if (!this.#inRange(time)) return undefined;
    const details = this.#options.details ? `${escapeDetail(line.attrs ?? {})} ` : '';
    const stamp = this.#options.timestamps ? `${time} ` : '';
    return { stream, text: Buffer.from(`${stamp}${details}${line.log}`) };
  }
}

/** Grows `out` when `needed` bytes do not fit behind `at`. */
function room(out: Buffer, at: number, needed: number): Buffer {
  if (at + needed + HEADER <= out.length) return out;
  const larger = Buffer.allocUnsafe((at + needed + HEADER) * 2);
  out.copy(larger, 0, 0, at);
  return larger;
}
