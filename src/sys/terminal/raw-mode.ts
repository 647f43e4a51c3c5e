/** The line discipline of a terminal (termios(3)). */
import koffi from 'koffi';
import { BerthError } from '#base/errors.ts';

/** More than `struct termios` takes on any Linux: 60 bytes. */
const TERMIOS_BYTES = 64;
/** Apply when all output is written. */
const TCSADRAIN = 1;

const lib = koffi.load(null);
const tcgetattr = lib.func('int tcgetattr(int fd, void *attributes)');
const tcsetattr = lib.func('int tcsetattr(int fd, int when, const void *attributes)');
const cfmakeraw = lib.func('void cfmakeraw(void *attributes)');

function orFail(what: string, result: number): void {
  if (result === 0) return;
  const message = `${what}: errno ${koffi.errno()}`;
  throw new BerthError('internal', 'terminal.mode', message, { details: { errno: koffi.errno() } });
}

/**
 * Lets bytes pass a terminal both ways as they are: no echo, no editing, no signals, no changed line ends.
 * (`tty.ReadStream.setRawMode` still turns a line feed of the output into two characters, which breaks programs that draw.)
 *
 * @param fd an open terminal
 * @returns puts the terminal back as it was
 * @throws internal when it is no terminal
 */
export function makeRaw(fd: number): () => void {
  const before = Buffer.alloc(TERMIOS_BYTES);
  orFail('read the mode of the terminal', tcgetattr(fd, before));
  const raw = Buffer.from(before);
  cfmakeraw(raw);
  orFail('set the mode of the terminal', tcsetattr(fd, TCSADRAIN, raw));
  return () => {
    // Nothing can be done about a terminal that is gone.
    tcsetattr(fd, TCSADRAIN, before);
  };
}
