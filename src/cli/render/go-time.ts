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
