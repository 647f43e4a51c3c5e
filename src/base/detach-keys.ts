import { BerthError } from './errors.ts';

/** What detaches when nothing else is said: ctrl-p, ctrl-q. */
export const DEFAULT_DETACH_KEYS: Uint8Array = Uint8Array.of(16, 17);

const CONTROL = '@abcdefghijklmnopqrstuvwxyz[\\]^_';

/**
 * The bytes of a key sequence in Docker's form: `ctrl-p,ctrl-q`, `a`, `ctrl-@`.
 *
 * @throws invalid with Docker's words
 */
export function parseDetachKeys(text: string): Uint8Array {
  const bytes = text.split(',').map((key) => {
    if (key.startsWith('ctrl-') && key.length === 6) {
      const code = CONTROL.indexOf(key.slice(5).toLowerCase());
      if (code >= 0) return code;
    } else if (key === 'DEL') return 127;
    else if (key.length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
    throw new BerthError('invalid', 'attach.detach-keys', `Invalid detach keys (${text}) provided`);
  });
  return Uint8Array.from(bytes);
}
