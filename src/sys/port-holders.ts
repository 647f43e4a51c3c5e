/** Ports of the host that programs have open. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';

export type HostProtocol = 'tcp' | 'udp' | 'sctp';

/** First and last of the ports that the kernel gives to programs which ask for none (ip-sysctl). */
export function ephemeralPorts(): readonly [first: number, last: number] {
  const [first = 32_768, last = 60_999] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  return [first, last];
}

/** An open port; the address in canonical hexadecimal, eight digits for IPv4. */
interface OpenPort {
  readonly port: number;
  readonly isV6: boolean;
  /** All zeros: everywhere. */
  readonly address: string;
  readonly inode: string;
}

const LISTEN = '0A';

const CHUNK_BYTES = 1 << 16;

/** Lines of a table, as long as `wanted` says so of each: listeners come first, and connections may be many. */
function* linesOf(name: string, wanted: (line: string) => boolean): Generator<string> {
  let fd: number;
  try {
    fd = openSync(`/proc/net/${name}`, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return; // no IPv6
    throw error;
  }
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let rest = '';
    for (let isHead = true; ; ) {
      const count = readSync(fd, buffer);
      if (count === 0) return;
      const lines = (rest + buffer.toString('latin1', 0, count)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.slice(isHead ? 1 : 0)) {
        if (!wanted(line)) return;
        yield line;
      }
      isHead = false;
    }
  } finally {
    closeSync(fd);
  }
}

/** Lines of /proc/net/tcp and its like (proc_net_tcp.rst): index, local address, remote address, state, …, inode. */
function openPorts(protocol: 'tcp' | 'udp', isV6: boolean): OpenPort[] {
  const stateOf = (line: string) => line.trim().split(/\s+/)[3];
  const ports: OpenPort[] = [];
  const lines = linesOf(isV6 ? `${protocol}6` : protocol, (line) => protocol === 'udp' || stateOf(line) === LISTEN);
  for (const line of lines) {
    const fields = line.trim().split(/\s+/);
    const [address = '', port = ''] = (fields[1] ?? '').split(':');
    ports.push({ port: Number.parseInt(port, 16), isV6, address, inode: fields[9] ?? '' });
  }
  return ports;
}

/** An IPv4 address as those files write it: the number in host order. */
function tableAddress(bytes: Uint8Array): string {
  const words: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) {
    words.push([3, 2, 1, 0].map((k) => (bytes[i + k] ?? 0).toString(16).padStart(2, '0')).join(''));
  }
  return words.join('').toUpperCase();
}

const isZero = (address: string) => /^0+$/.test(address);

/** A listener at `::` takes IPv4 too, unless it says otherwise, which these tables do not tell. */
function covers(open: OpenPort, isV6: boolean, wanted: string): boolean {
  if (open.isV6 !== isV6) return open.isV6 && isZero(open.address) && !isV6;
  return isZero(wanted) || isZero(open.address) || open.address === wanted;
}

/** A port that some program has. */
export interface HeldPort {
  readonly port: number;
  readonly inode: string;
}

/**
 * The ports of a range that programs seem to have open; {@link tryPort} is sure.
 *
 * @param address 4 or 16 bytes; all zeros: everywhere
 */
export function heldPorts(protocol: HostProtocol, address: Uint8Array, first: number, count: number): HeldPort[] {
  if (protocol === 'sctp') return [];
  const isV6 = address.length === 16;
  const wanted = tableAddress(address);
  const tables = isV6 ? openPorts(protocol, true) : [...openPorts(protocol, false), ...openPorts(protocol, true)];
  return tables
    .filter(({ port }) => port >= first && port < first + count)
    .filter((open) => covers(open, isV6, wanted));
}

/**
 * Tries to open a port.
 *
 * @param address in text, `0.0.0.0` or `::` for all
 * @returns `EADDRINUSE`, `EADDRNOTAVAIL` or whatever the kernel says; undefined when it is free
 */
export async function tryPort(protocol: 'tcp' | 'udp', address: string, port: number): Promise<string | undefined> {
  if (protocol === 'tcp') {
    const { createServer } = await import('node:net');
    const server = createServer();
    return new Promise((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      const options = { port, host: address, exclusive: true, ipv6Only: address.includes(':') };
      server.listen(options, () => server.close(() => resolve(undefined)));
    });
  }
  const { createSocket } = await import('node:dgram');
  const isV6 = address.includes(':');
  const socket = isV6 ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

/** The process that has a socket open, when it can be seen. */
export function socketHolder(inode: string): { readonly pid: number; readonly name: string } | undefined {
  const wanted = `socket:[${inode}]`;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const links = readdirSync(`/proc/${entry}/fd`);
      if (!links.some((link) => linkOf(`/proc/${entry}/fd/${link}`) === wanted)) continue;
      return { pid: Number(entry), name: readFileSync(`/proc/${entry}/comm`, 'utf8').trim() };
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) throw error;
    }
  }
  return undefined;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
