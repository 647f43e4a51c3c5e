import { BerthError, isBerthError, messageOf } from '#base/errors.ts';

/** A failure with words in front that say what failed, its kind kept; anything but a `BerthError` stays as it is. */
export function wrapFailure(what: string, error: unknown): unknown {
  if (!isBerthError(error)) return error;
  return new BerthError(error.kind, error.code, `${what}: ${messageOf(error)}`, { cause: error });
}
