/**
 * A conversation with the kernel over a netlink socket, in this process. Loading what makes system calls costs some 10 ms: starts
 * do without, their messages go by the keeper.
 */
import { BerthError } from '#base/errors.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0x80003;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const MSG_DONTWAIT = 0x40;
const NLM_F_ACK = 0x4;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER = 16;
const FIRST_TYPE = 0x10;
const RECEIVE_BYTES = 1 << 20;
const EAGAIN = 11;
const EINTR = 4;

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

/** The kernel's refusal of one of the messages. */
export interface Refusal {
  readonly errno: number;
  /** Index of the message. */
  readonly index: number;
}

export interface Answer {
  /** Absent: all was done. */
  readonly refusal?: Refusal;
  /** Whole messages of dumps, with their headers. */
  readonly messages: readonly Buffer[];
}

async function loadCalls() {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int, int, int)') as (domain: number, type: number, protocol: number) => number,
    setsockopt: libc.func('int setsockopt(int, int, int, const void*, uint)') as (
      fd: number,
      level: number,
      name: number,
      value: Uint8Array,
      length: number,
    ) => number,
    send: libc.func('long send(int, const void*, ulong, int)') as (
      fd: number,
      bytes: Uint8Array,
      length: number,
      flags: number,
    ) => number,
    recv: libc.func('long recv(int, void*, ulong, int)') as (
      fd: number,
      bytes: Uint8Array,
      length: number,
      flags: number,
    ) => number,
    close: libc.func('int close(int)') as (fd: number) => number,
    errno: () => koffi.errno(),
  };
}

let calls: ReturnType<typeof loadCalls> | undefined;

function failure(what: string, errno: number): BerthError {
  return new BerthError('internal', 'netlink.socket', `${what}: errno ${errno}`, { details: { errno } });
}

/** Numbers the messages and puts them behind one another, four bytes aligned. */
function joined(messages: readonly Uint8Array[]): Buffer {
  const parts = messages.map((message, index) => {
    const bytes = Buffer.alloc((message.length + 3) & ~3);
    bytes.set(message);
    bytes.writeUInt32LE(index + 1, 8);
    return bytes;
  });
  return Buffer.concat(parts);
}

/** Takes apart what was received. @returns true when a dump has ended */
function readAnswers(bytes: Buffer, into: { refusal?: Refusal; messages: Buffer[] }): boolean {
  let ended = false;
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG_ERROR && length >= HEADER + 4) {
      const errno = -bytes.readInt32LE(at + HEADER);
      if (errno !== 0) into.refusal ??= { errno, index: bytes.readUInt32LE(at + 8) - 1 };
    } else if (type === NLMSG_DONE) ended = true;
    else if (type >= FIRST_TYPE) into.messages.push(Buffer.from(bytes.subarray(at, at + length)));
    at += (length + 3) & ~3;
  }
  return ended;
}

/**
 * Sends messages in one datagram and takes the answers, which the kernel has ready by then.
 *
 * @param family NETLINK_…
 * @param messages a batch, or any that stand alone; dumps one by one
 * @returns what it refused first, and what it listed
 * @throws BerthError when there is no netlink at all
 */
export async function talk(family: number, messages: readonly Uint8Array[]): Promise<Answer> {
  calls ??= loadCalls();
  const libc = await calls;
  const fd = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, family);
  if (fd < 0) throw failure('cannot open a netlink socket', libc.errno());
  try {
    const bytes = joined(messages);
    const room = Buffer.alloc(4);
    room.writeInt32LE(bytes.length * 2 + RECEIVE_BYTES);
    libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, room, room.length);
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, room.length);
    if (libc.send(fd, bytes, bytes.length, 0) < 0) throw failure('cannot send netlink messages', libc.errno());
    const answer: { refusal?: Refusal; messages: Buffer[] } = { messages: [] };
    const buffer = Buffer.alloc(RECEIVE_BYTES);
    for (let ended = false; !ended; ) {
      const count = Number(libc.recv(fd, buffer, buffer.length, MSG_DONTWAIT));
      if (count >= 0) ended = readAnswers(buffer.subarray(0, count), answer);
      else if (libc.errno() === EAGAIN) break;
      else if (libc.errno() !== EINTR) throw failure('cannot read netlink answers', libc.errno());
    }
    return answer;
  } finally {
    libc.close(fd);
  }
}

/** The same message with a wish for an answer also when all goes well. */
export function acknowledged(message: Buffer): Buffer {
  const bytes = Buffer.from(message);
  bytes.writeUInt16LE(bytes.readUInt16LE(6) | NLM_F_ACK, 6);
  return bytes;
}
