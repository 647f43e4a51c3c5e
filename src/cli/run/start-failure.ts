import { isBerthError, messageOf } from '#base/errors.ts';
import type { ExitFailure } from '../failure.ts';
import { failureWithHelp, isExitFailure } from '../failure.ts';

/** 127 when the program was not found, 126 when it cannot be run, 125 for everything else; read off the message as docker does. */
export function statusOfStartFailure(message: string): number {
  if (/executable file not found|no such file or directory/.test(message)) return 127;
  if (/permission denied|is a directory/.test(message)) return 126;
  return 125;
}

/** The failure of `run` for whatever kept the container from running. */
export function startFailure(error: unknown): ExitFailure {
  if (isExitFailure(error)) {
    const text = new Error(error.message);
    return failureWithHelp(text, 'berth run', statusOfStartFailure(error.message));
  }
  const message = isBerthError(error) ? `${error.message}` : messageOf(error);
  return failureWithHelp(error, 'berth run', statusOfStartFailure(message));
}
