/** Times as Go prints them, in the local zone. */

const two = (n: number): string => String(n).padStart(2, '0');

/** Minutes east of Greenwich as `+0100`, or with a separator as `+01:00`. */
function offset(date: Date, separator = ''): string {
  const minutes = -date.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(absolute / 60))}${separator}${two(absolute % 60)}`;
}

/** `CET`, or the offset where a zone has no letters. */
function zoneName(date: Date): string {
  if (date.getTimezoneOffset() === 0 && Intl.DateTimeFormat().resolvedOptions().timeZone === 'UTC') return 'UTC';
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return /^[A-Z]{3,5}$/.test(name) ? name : offset(date).replace(/00$/, '');
}

const day = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const clock = (date: Date): string => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

/** `2006-01-02 15:04:05 -0700 MST`, Go's default for a time. @param seconds since the epoch */
export function goTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${day(date)} ${clock(date)} ${offset(date)} ${zoneName(date)}`;
}

/** An RFC 3339 time as Go prints it after reading it: in the zone it was written in. */
export function goTimeText(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-]\d\d):(\d\d))$/.exec(text);
  if (match === null) return text;
  const [, date, time, digits = '', hours, minutes] = match;
  const fraction = digits.replace(/0+$/, '');
  const zone = hours === undefined ? '+0000 UTC' : `${hours}${minutes} ${hours}${minutes}`;
  return `${date} ${time}${fraction === '' ? '' : `.${fraction}`} ${zone}`;
}

/** A duration as Go prints it: `1h0m30s`, `1.5ms`. @param nanoseconds an integer */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const sign = nanoseconds < 0 ? '-' : '';
  const ns = Math.abs(nanoseconds);
  if (ns < 1e3) return `${sign}${ns}ns`;
  if (ns < 1e6) return `${sign}${ns / 1e3}µs`;
  if (ns < 1e9) return `${sign}${ns / 1e6}ms`;
  const minutes = Math.trunc(ns / 60e9);
  const seconds = `${(ns % 60e9) / 1e9}s`;
  if (minutes === 0) return sign + seconds;
  const hours = Math.trunc(minutes / 60);
  return `${sign}${hours === 0 ? '' : `${hours}h`}${minutes % 60}m${seconds}`;
}

/** `2006-01-02T15:04:05+01:00`, `Z` at Greenwich. @param seconds since the epoch */
export function rfc3339(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${day(date)}T${clock(date)}${date.getTimezoneOffset() === 0 ? 'Z' : offset(date, ':')}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Mon Jan _2 15:04:05 2006` of an RFC 3339 time in its own zone; anything else stays as it is. */
export function ansiTime(text: string): string {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(text);
  if (match === null) return text;
  const [, year = '', month = '', date = '', time = ''] = match;
  const weekday = DAYS[new Date(Date.UTC(Number(year), Number(month) - 1, Number(date))).getUTCDay()];
  return `${weekday} ${MONTHS[Number(month) - 1]} ${String(Number(date)).padStart(2)} ${time} ${year}`;
}
