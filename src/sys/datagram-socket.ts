/**
 * Unix datagram sockets, which Node.js does not have: for the readiness protocol of systemd (sd_notify(3)). Loading what makes
 * system calls costs some 10 ms, so only those pay that use them.
 */
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { BerthError } from '#base/errors.ts';

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0x80002;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const PATH_BYTES = 108;
const MESSAGE_BYTES = 4096;
const EAGAIN = 11;
const EINTR = 4;

async function loadCalls() {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int, int, int)') as (domain: number, type: number, protocol: number) => number,
    bind: libc.func('int bind(int, const void*, uint)') as (fd: number, name: Uint8Array, length: number) => number,
    connect: libc.func('int connect(int, const void*, uint)') as (
      fd: number,
      name: Uint8Array,
      length: number,
    ) => number,
    send: libc.func('long send(int, const void*, ulong, int)') as Transfer,
    recv: libc.func('long recv(int, void*, ulong, int)') as Transfer,
    errno: () => koffi.errno(),
  };
}

type Transfer = (fd: number, bytes: Uint8Array, length: number, flags: number) => number;

let calls: ReturnType<typeof loadCalls> | undefined;

/** struct sockaddr_un; a name that begins with `@` is abstract (unix(7)). */
function nameOf(path: string): Buffer {
  const text = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  if (text.length > PATH_BYTES) throw failed(path, 'the path is too long for a socket');
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, text]);
}

function failed(path: string, why: string): BerthError {
  return new BerthError('internal', 'socket.datagram', `socket ${path}: ${why}`);
}

/** A socket at which datagrams arrive. */
export class DatagramListener implements Disposable {
  readonly #fd: number;
  readonly #path: string;
  readonly #recv: Transfer;
  readonly #errno: () => number;

  private constructor(path: string, fd: number, recv: Transfer, errno: () => number) {
    this.#path = path;
    this.#fd = fd;
    this.#recv = recv;
    this.#errno = errno;
  }

  /**
   * Listens at a new socket that everybody may write to.
   * @param path absolute, of any length
   */
  static async open(path: string): Promise<DatagramListener> {
    calls ??= loadCalls();
    const { socket, bind, recv, errno } = await calls;
    const fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (fd < 0) throw failed(path, `errno ${errno()}`);
    const dir = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const name = nameOf(`/proc/self/fd/${dir}/${basename(path)}`);
      if (bind(fd, name, name.length) !== 0) throw failed(path, `errno ${errno()}`);
    } catch (error) {
      closeSync(fd);
      throw error;
    } finally {
      closeSync(dir);
    }
    chmodSync(path, 0o777);
    return new DatagramListener(path, fd, recv, errno);
  }

  /** The next datagram; undefined when none is there. */
  receive(): string | undefined {
    const bytes = Buffer.alloc(MESSAGE_BYTES);
    const length = this.#recv(this.#fd, bytes, bytes.length, MSG_DONTWAIT);
    if (length >= 0) return bytes.toString('utf8', 0, length);
    const errno = this.#errno();
    if (errno === EAGAIN || errno === EINTR) return undefined;
    throw failed(this.#path, `errno ${errno}`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/**
 * Sends one datagram.
 *
 * @param path absolute, or abstract with `@`
 */
export async function sendDatagram(path: string, text: string): Promise<void> {
  calls ??= loadCalls();
  const { socket, connect, send, errno } = await calls;
  const fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw failed(path, `errno ${errno()}`);
  try {
    const name = nameOf(path);
    const bytes = Buffer.from(text);
    if (connect(fd, name, name.length) !== 0) throw failed(path, `errno ${errno()}`);
    if (send(fd, bytes, bytes.length, MSG_NOSIGNAL) < 0) throw failed(path, `errno ${errno()}`);
  } finally {
    closeSync(fd);
  }
}
