import type { ErrorKind } from '#base/errors.ts';
import { isBerthError, isErrno, messageOf } from '#base/errors.ts';
import type { ApiErrorBody, ApiResponse } from '#spec/docker-api/exchange.ts';

/** The one mapping of failures to HTTP. 499 is what docker's router answers when the client itself gave up. */
export function statusOfKind(kind: ErrorKind): number {
  switch (kind) {
    case 'invalid':
      return 400;
    case 'unauthorized':
      return 401;
    case 'forbidden':
      return 403;
    case 'not-found':
      return 404;
    case 'conflict':
      return 409;
    case 'not-modified':
      return 304;
    case 'unsupported':
      return 501;
    case 'unavailable':
      return 503;
    case 'timeout':
      return 504;
    case 'cancelled':
      return 499;
    case 'data-loss':
    case 'internal':
      return 500;
    default:
      return kind satisfies never;
  }
}

/** Node.js takes no null bytes for the kernel: whatever a client sent so is its mistake, wherever it was found. */
function isNullByte(error: unknown): boolean {
  return isErrno(error, 'ERR_INVALID_ARG_VALUE') && /null bytes/.test(error.message);
}

/** @param error anything thrown; what is no `BerthError` is a mistake of the program and becomes a 500 */
export function errorResponse(error: unknown): ApiResponse {
  if (isNullByte(error)) {
    const message = 'a null byte is no part of a name, a path or an argument';
    return { status: 400, headers: {}, body: { kind: 'json', value: { message } } };
  }
  if (!isBerthError(error))
    return { status: 500, headers: {}, body: { kind: 'json', value: { message: messageOf(error) } } };
  const status = statusOfKind(error.kind);
  if (status === 304) return { status, headers: {}, body: { kind: 'empty' } };
  const value: ApiErrorBody = {
    message: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  return { status, headers: {}, body: { kind: 'json', value } };
}
