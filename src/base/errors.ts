/** The closed set of failure kinds a caller can act on. Adapters map a kind to a status exactly once. */
export type ErrorKind =
  | 'invalid'
  | 'not-found'
  | 'conflict'
  | 'not-modified'
  | 'unauthorized'
  | 'forbidden'
  | 'unavailable'
  | 'unsupported'
  | 'cancelled'
  | 'timeout'
  | 'data-loss'
  | 'internal';

export interface ErrorDetails {
  /** What the user can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Facts for programs, for example `{ path, errno }`. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

const MARK = Symbol.for('berth.error');

/**
 * The one error type for failures that a user or a client can cause or meet.
 * Programmer errors stay plain `Error`.
 *
 * @param kind decides the HTTP status and the exit status
 * @param code stable name of the failure, `noun.what`, for example `image.not-found`
 * @param message what was tried, on what, and why it failed; Docker's words where clients compare them
 */
export class BerthError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly [MARK] = true;

  constructor(kind: ErrorKind, code: string, message: string, more: ErrorDetails = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'BerthError';
    this.kind = kind;
    this.code = code;
    this.hint = more.hint;
    this.details = more.details ?? {};
  }
}

/** True for a {@link BerthError}, also one made by another copy of this module (worker, bundle). */
export function isBerthError(error: unknown, kind?: ErrorKind): error is BerthError {
  if (typeof error !== 'object' || error === null || !(MARK in error)) return false;
  return kind === undefined || (error as BerthError).kind === kind;
}

/** True for a Node system error with this code, for example `isErrno(e, 'ENOENT')`. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws a plain `Error`: the program itself is wrong if this ever runs with a false condition. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`invariant violated: ${what}`);
}
