/** Failures of the command line itself, and how any failure is printed. */
import { isBerthError, messageOf } from '#base/errors.ts';

const MARK = Symbol.for('berth.cli.failure');

/** Ends the command with a status; its message is printed as it is, an empty one prints nothing. */
export class ExitFailure extends Error {
  readonly status: number;
  readonly [MARK] = true;

  constructor(status: number, message = '') {
    super(message);
    this.status = status;
  }
}

export function isExitFailure(error: unknown): error is ExitFailure {
  return typeof error === 'object' && error !== null && MARK in error;
}

/**
 * A failure's message as docker's client prints it: what the engine answered is marked as its answer.
 * The hint, where there is one, follows on a line of its own.
 */
export function failureText(error: unknown): string {
  if (!isBerthError(error)) return messageOf(error);
  const message = 'status' in error.details ? `Error response from daemon: ${error.message}` : error.message;
  return error.hint === undefined ? message : `${message}\n${error.hint}`;
}

/**
 * The failure of `run`, `create` and `exec`: marked with the program's name and the way to the help.
 *
 * @param path the command as messages name it, `berth run`
 * @param status 125, or docker's 126 and 127
 */
export function failureWithHelp(error: unknown, path: string, status: number): ExitFailure {
  return new ExitFailure(status, `berth: ${failureText(error)}\n\nRun '${path} --help' for more information`);
}
