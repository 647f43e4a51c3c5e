import { BerthError } from '#base/errors.ts';

/** The archive is damaged or not a tar. */
export function tarError(what: string): BerthError {
  return new BerthError('invalid', 'archive.invalid', `invalid tar archive: ${what}`);
}

/** The archive is larger or deeper than anything that is accepted. */
export function tarTooLarge(what: string): BerthError {
  return new BerthError('invalid', 'archive.too-large', `tar archive refused: ${what}`);
}
