/** Points in time as Docker's clients take them from users and as the API carries them. */
import { BerthError } from '#base/errors.ts';
import { parseGoDuration } from '#base/go-duration.ts';

const SECOND_NS = 1_000_000_000n;
const API_FORM = /^(-?\d{1,18})(?:\.(\d+))?$/;
/** Date, then optionally hour, minute, second, fraction; then optionally a zone. */
const DATE_FORM = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?([zZ]|[+-]\d\d:\d\d)?$/;

/**
 * Reads the API's form, `seconds[.fraction]` since the epoch.
 *
 * @returns nanoseconds
 * @throws invalid for anything else
 */
export function parseApiTimestamp(text: string): bigint {
  const match = API_FORM.exec(text);
  if (match === null)
    throw new BerthError(
      'invalid',
      'time.invalid',
      `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const fraction = (match[2] ?? '').slice(0, 9).padEnd(9, '0');
  return BigInt(match[1]!) * SECOND_NS + BigInt(fraction);
}

function dateToNs(text: string): bigint | undefined {
  const match = DATE_FORM.exec(text);
  if (match === null) return undefined;
  const [, date, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = match;
  // Without a zone a time is the user's: that is what a Date without one means.
  const ms = Date.parse(`${date}T${hour}:${minute}:${second}${zone.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/**
 * What a user says to `--since` and `--until`, in the API's form: a date and time with or without a zone, seconds since the
 * epoch, or a Go duration back from now.
 *
 * @param nowMs the present, milliseconds since the epoch
 * @throws invalid with docker's words
 */
export function toApiTimestamp(text: string, nowMs: number): string {
  const duration = text === '0' ? undefined : parseGoDuration(text);
  if (duration !== undefined) {
    const ns = BigInt(nowMs) * 1_000_000n - duration;
    return String(ns / SECOND_NS);
  }
  const ns = dateToNs(text);
  if (ns !== undefined) return `${ns / SECOND_NS}.${String(ns % SECOND_NS).padStart(9, '0')}`;
  if (API_FORM.test(text)) return text;
  const message = text.includes('-')
    ? `parsing time ${JSON.stringify(text)} as "2006-01-02": cannot parse ${JSON.stringify(text)} as "2006"`
    : `failed to parse value as time or duration: ${JSON.stringify(text)}`;
  throw new BerthError('invalid', 'time.invalid', message);
}

/** What {@link toApiTimestamp} takes, as nanoseconds since the epoch. */
export function parseUserTimestamp(text: string, nowMs: number): bigint {
  return parseApiTimestamp(toApiTimestamp(text, nowMs));
}
