/** Times as users give them to `--since` and `--until`. */
import { readDuration } from './flag-values.ts';

function durationNs(text: string): number | undefined {
  if (text === '0') return undefined;
  try {
    return readDuration(text);
  } catch {
    return undefined;
  }
}

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(Z|[+-]\d\d:\d\d)?$/;

/** Which part of a date is impossible, in Go's words. */
function partOutOfRange(month: number, day: number, hour: number, minute: number, second: number, year: number) {
  if (month < 1 || month > 12) return 'month';
  // Date takes the 31st of February for the 3rd of March.
  if (day < 1 || new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return 'day';
  if (hour > 23) return 'hour';
  if (minute > 59) return 'minute';
  return second > 59 ? 'second' : undefined;
}

/** A date with or without time and zone; without a zone it is local. `undefined` when it is none. */
function seconds(text: string): string | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = ''] =
    match;
  const wrong = partOutOfRange(Number(month), Number(day), Number(hour), Number(minute), Number(second), Number(year));
  if (wrong !== undefined) throw new Error(`parsing time ${JSON.stringify(text)}: ${wrong} out of range`);
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return Number.isNaN(ms) ? undefined : `${Math.floor(ms / 1000)}.${fraction.padEnd(9, '0')}`;
}

/**
 * Unix seconds, with a fraction where one was given, of `42m` (so long ago), a date, or Unix seconds themselves.
 *
 * @param nowMs what durations count from
 * @throws Error in docker's words
 */
export function readTimestamp(text: string, nowMs: number): string {
  const ns = durationNs(text);
  if (ns !== undefined) return String(Math.floor((nowMs - ns / 1e6) / 1000));
  const found = seconds(text);
  if (found !== undefined) return found;
  if (text.includes('-')) throw new Error(`parsing time ${JSON.stringify(text)}: cannot parse it as a time`);
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return text;
}
