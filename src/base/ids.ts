import { randomBytes } from './random.ts';

/**
 * A new random id as Docker makes them: 64 lower-case hex digits. An id whose first 12 digits are all decimal is drawn
 * again, because a short id is used as a host name and a purely numeric one breaks software that parses it as a number.
 */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!/^[0-9]{12}/.test(id)) return id;
  }
}

/** The first 12 digits of an id, with a `sha256:` prefix taken off. */
export function shortId(id: string): string {
  const hex = id.startsWith('sha256:') ? id.slice(7) : id;
  return hex.slice(0, 12);
}
