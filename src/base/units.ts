const SIZE = /^(\d+(?:\.\d+)?) ?([kmgtpe]?)i?b?$/i;

/**
 * A number of bytes with an optional unit, as Docker's options take it: `64m`, `1.5GB`, `100`.
 *
 * @param base 1000 or 1024, what `k` stands for
 * @returns NaN when the text is no size
 */
export function parseSize(text: string, base: 1000 | 1024): number {
  const match = SIZE.exec(text.trim());
  if (match === null) return Number.NaN;
  const power = ' kmgtpe'.indexOf((match[2] ?? '').toLowerCase() || ' ');
  return Math.trunc(Number(match[1]) * base ** power);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** A duration in words, as `docker ps` shows it: `About a minute`, `4 days`. */
export function humanDuration(seconds: number): string {
  const s = Math.trunc(seconds);
  if (s < 1) return 'Less than a second';
  if (s === 1) return '1 second';
  if (s < MINUTE) return `${s} seconds`;
  const minutes = Math.trunc(s / MINUTE);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(s / HOUR);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(s / YEAR)} years`;
}
