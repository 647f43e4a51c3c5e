import { BerthError, type ErrorKind, isBerthError, messageOf } from '#base/errors.ts';

/** An error as it crosses a thread boundary. */
export type WireError =
  | {
      readonly form: 'berth';
      readonly kind: ErrorKind;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | {
      readonly form: 'errno';
      readonly message: string;
      readonly code: string;
      readonly errno: number | undefined;
      readonly syscall: string | undefined;
    }
  | { readonly form: 'other'; readonly message: string; readonly stack: string | undefined };

export function toWireError(error: unknown): WireError {
  if (isBerthError(error)) {
    return { form: 'berth', kind: error.kind, code: error.code, message: error.message, hint: error.hint };
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const { errno, syscall } = error as NodeJS.ErrnoException;
    return { form: 'errno', message: error.message, code: error.code, errno, syscall };
  }
  return { form: 'other', message: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}

export function fromWireError(wire: WireError): Error {
  if (wire.form === 'berth') {
    return new BerthError(wire.kind, wire.code, wire.message, wire.hint === undefined ? {} : { hint: wire.hint });
  }
  const error: NodeJS.ErrnoException = new Error(wire.message);
  if (wire.form === 'errno') {
    error.code = wire.code;
    if (wire.errno !== undefined) error.errno = wire.errno;
    if (wire.syscall !== undefined) error.syscall = wire.syscall;
  } else if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}
