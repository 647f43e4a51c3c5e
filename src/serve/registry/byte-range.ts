/** First and last byte. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads a `Range` header (RFC 9110, section 14.2). Several ranges at once, and what is none, count as if the header were not there.
 *
 * @param size bytes that there are
 * @returns `all`, or `none` when no byte of it is there
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'all' | 'none' {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header ?? '');
  if (match === null) return 'all';
  const [, from = '', to = ''] = match;
  if (from === '') {
    if (to === '') return 'all';
    const count = Math.min(Number(to), size);
    return count === 0 ? 'none' : { first: size - count, last: size - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return 'all';
  if (first >= size) return 'none';
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}

/**
 * Reads the `Content-Range` of a chunk: `FIRST-LAST`, as the distribution specification writes it, or as RFC 9110 does.
 *
 * @returns undefined when it is none
 */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes\s+)?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2]);
  return Number.isSafeInteger(last) && last >= first ? { first, last } : undefined;
}
