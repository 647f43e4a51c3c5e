import { isIP } from 'node:net';
import { BerthError } from '#base/errors.ts';

/** Where a daemon listens. */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A socket that systemd made; `name` picks one by its FileDescriptorName, `*` takes all. */
  | { readonly kind: 'activated'; readonly name: string };

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;
/** The kernel's sockaddr_un. */
const LONGEST_PATH = 107;

function invalid(host: string, why: string): BerthError {
  return new BerthError('invalid', 'daemon.host', `invalid host ${JSON.stringify(host)}: ${why}`);
}

/**
 * Reads a value of the daemon's `--host`: `unix:///path`, `tcp://address[:port]`, `fd://[name]`.
 *
 * @param tls decides the port where none is given: 2376 with TLS, 2375 without
 * @throws invalid for anything else
 */
export function parseListenAddress(host: string, tls: boolean): ListenAddress {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(host) ?? [];
  switch (scheme) {
    case 'unix':
      if (!rest.startsWith('/')) throw invalid(host, 'the path of a socket is absolute');
      if (Buffer.byteLength(rest) > LONGEST_PATH) throw invalid(host, `the path is longer than ${LONGEST_PATH} bytes`);
      return { kind: 'unix', path: rest };
    case 'fd':
      return { kind: 'activated', name: rest === '' ? '*' : rest };
    case 'tcp': {
      const match = /^(?:\[([^\]]*)\]|([^:/]*))(?::(\d+))?$/.exec(rest);
      if (match === null) throw invalid(host, 'wanted tcp://ADDRESS:PORT');
      const address = match[1] ?? match[2] ?? '';
      const port = Number(match[3] ?? (tls ? TLS_PORT : PLAIN_PORT));
      if (port > 65535) throw invalid(host, 'a port is a number up to 65535');
      if (match[1] !== undefined && isIP(match[1]) !== 6) throw invalid(host, 'no IPv6 address in the brackets');
      return { kind: 'tcp', host: address === '' ? '127.0.0.1' : address, port };
    }
    default:
      throw invalid(host, 'wanted unix:///path, tcp://ADDRESS:PORT or fd://');
  }
}
