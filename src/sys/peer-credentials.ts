import type { Socket } from 'node:net';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** struct ucred: pid, uid and gid, 32 bits each. */
const UCRED_BYTES = 12;

/** The descriptor of a connected socket; Node has no public way to it. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

/**
 * The user at the other end of a unix socket when it connected (unix(7), SO_PEERCRED).
 *
 * @returns undefined for sockets of another kind, and for ones that are closed
 */
export async function peerOf(socket: Socket): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  const fd = descriptorOf(socket);
  if (fd === undefined) return undefined;
  const { default: koffi } = await import('koffi');
  const getsockopt = koffi.load(null).func('int getsockopt(int, int, int, void*, uint32_t*)');
  const credentials = Buffer.alloc(UCRED_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(UCRED_BYTES);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) !== 0 || credentials.readUInt32LE(0) === 0) {
    return undefined;
  }
  return { uid: credentials.readUInt32LE(4), gid: credentials.readUInt32LE(8) };
}
