import type { SparseRun } from './tar-entry.ts';
import { tarError } from './tar-error.ts';

/** The records of pax extended headers; keys and values are byte text. */
export interface PaxRecords {
  readonly values: Map<string, string>;
  /** Runs of the form `GNU.sparse.offset`/`GNU.sparse.numbytes`, which repeat (GNU sparse format 0.0). */
  readonly sparseRuns: SparseRun[];
}

/**
 * Decodes the body of an extended header: records `LENGTH KEY=VALUE\n` (pax(1), "pax Extended Header").
 *
 * @throws invalid when a record is malformed
 */
export function parsePaxRecords(body: string): PaxRecords {
  const values = new Map<string, string>();
  const sparseRuns: SparseRun[] = [];
  let offset = -1;
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(' ', at);
    const digits = space < 0 ? '' : body.slice(at, space);
    const end = at + Number(digits);
    if (!/^[0-9]{1,9}$/.test(digits) || end > body.length || end <= space + 1 || body[end - 1] !== '\n') {
      throw tarError('malformed extended header');
    }
    const equals = body.indexOf('=', space + 1);
    if (equals <= space + 1 || equals >= end) throw tarError('malformed extended header');
    const key = body.slice(space + 1, equals);
    const value = body.slice(equals + 1, end - 1);
    if (key === 'GNU.sparse.offset') offset = decimal(value, key);
    else if (key === 'GNU.sparse.numbytes') sparseRuns.push({ offset, size: decimal(value, key) });
    else values.set(key, value);
    at = end;
  }
  return { values, sparseRuns };
}

/** Encodes one record; the length counts itself. */
export function encodePaxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return `${length} ${key}=${value}\n`;
}

/** @throws invalid when the text is no whole number that JavaScript holds exactly */
export function decimal(text: string, what: string): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw tarError(`${what} is no valid number`);
  return value;
}

/** Seconds with a fraction, for example `1700000000.123456789` or `-1.5`. */
export function parsePaxTime(text: string): { seconds: number; nanos: number } {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
  if (match === null) throw tarError('mtime is no valid time');
  let seconds = Number(match[2]);
  let nanos = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] === '-') {
    seconds = -seconds - (nanos > 0 ? 1 : 0);
    if (nanos > 0) nanos = 1_000_000_000 - nanos;
  }
  return { seconds, nanos };
}

const SCHILY = 'SCHILY.xattr.';
const LIBARCHIVE = 'LIBARCHIVE.xattr.';

/** The extended attributes among the records, names as byte text. */
export function xattrsOf(values: ReadonlyMap<string, string>): Map<string, Uint8Array> | undefined {
  let found: Map<string, Uint8Array> | undefined;
  for (const [key, value] of values) {
    if (key.startsWith(LIBARCHIVE)) {
      found ??= new Map();
      const name = key.slice(LIBARCHIVE.length).replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => {
        return String.fromCharCode(Number.parseInt(hex, 16));
      });
      if (!found.has(name)) found.set(name, Buffer.from(value, 'base64'));
    } else if (key.startsWith(SCHILY)) {
      found ??= new Map();
      found.set(key.slice(SCHILY.length), Buffer.from(value, 'latin1'));
    }
  }
  return found;
}
