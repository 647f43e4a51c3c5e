import type { Context } from './command.ts';
import { ExitFailure } from './failure.ts';

/** A container's terminal takes its keys from a terminal. @throws ExitFailure of status 1 in docker's words */
export function checkTerminal(context: Pick<Context, 'stdin'>, attachStdin: boolean, tty: boolean): void {
  if (attachStdin && tty && context.stdin.isTTY !== true) throw new ExitFailure(1, 'the input device is not a TTY');
}
