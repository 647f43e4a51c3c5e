import { constants } from 'node:os';
import { BerthError } from './errors.ts';

/** First real-time signal that libc leaves to programs, and the last one (signal(7)). */
const RT_MIN = 34;
const RT_MAX = 64;

let numbers: ReadonlyMap<string, number> | undefined;

/** Names without `SIG` to numbers, real-time names included (`RTMIN+3`, `RTMAX-1`). */
function signalNumbers(): ReadonlyMap<string, number> {
  numbers ??= new Map([
    ...Object.entries(constants.signals).map(([name, number]) => [name.slice(3), number] as const),
    ['CLD', constants.signals.SIGCHLD] as const,
    ...Array.from({ length: 16 }, (_, i) => [i === 0 ? 'RTMIN' : `RTMIN+${i}`, RT_MIN + i] as const),
    ...Array.from({ length: 15 }, (_, i) => [i === 0 ? 'RTMAX' : `RTMAX-${i}`, RT_MAX - i] as const),
  ]);
  return numbers;
}

/** What a signal's number can be for the kernel's interfaces. */
const LARGEST = 2 ** 31 - 1;

/**
 * The number of a signal given as `9`, `KILL` or `SIGKILL`, in any case.
 *
 * @throws invalid with Docker's words, "invalid signal: x"
 */
export function parseSignal(text: string): number {
  if (/^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    if (number === 0 || Math.abs(number) > LARGEST)
      throw new BerthError('invalid', 'signal.invalid', `invalid signal: ${text}`);
    return number;
  }
  const number = signalNumbers().get(text.toUpperCase().replace(/^SIG/, ''));
  if (number === undefined) throw new BerthError('invalid', 'signal.invalid', `invalid signal: ${text}`);
  return number;
}

/** {@link parseSignal}, and refuses numbers that Linux does not have. */
export function parseLinuxSignal(text: string): number {
  const number = parseSignal(text);
  if (number < 1 || number > RT_MAX) {
    throw new BerthError('invalid', 'signal.unsupported', `the linux daemon does not support signal ${number}`);
  }
  return number;
}
