/** The daemon's sockets: made, or taken over from systemd; each with the API's server behind it. */
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import { createHttpServer, createHttpsServer } from '#serve/docker-api/serve-http.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';
import { peerOf } from '#sys/peer-credentials.ts';
import type { ListenAddress } from './host-address.ts';

/** One socket that answers. */
export interface Listener {
  /** `unix:///run/berth.sock`, as messages name it. */
  readonly name: string;
  /** Port that the kernel chose where 0 was asked for. */
  readonly port: number | undefined;
  /** Takes no new connections, lets running answers end for at most so long, then ends the rest. */
  close(graceMs: number): Promise<void>;
  /** Takes other certificates for connections from now on; nothing where there is no TLS. */
  renewTls(tls: TlsOptions): void;
}

export interface ListenOptions {
  readonly dispatch: Dispatch;
  /** Group number that may use unix sockets. */
  readonly group: number | undefined;
  /** For TCP; without it TCP is plain. */
  readonly tls: TlsOptions | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** First descriptor of socket activation, see sd_listen_fds(3). */
const FIRST_ACTIVATED = 3;

function listening(server: Server | SecureServer, begin: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  begin();
  server.once('listening', () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

/** True when somebody answers at a unix socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function clearPath(path: string): Promise<void> {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    return;
  }
  if (!statSync(path).isSocket())
    throw new BerthError('conflict', 'daemon.no-socket', `cannot listen on ${path}: there is a file that is no socket`);
  if (await answers(path))
    throw new BerthError('conflict', 'daemon.socket-in-use', `cannot listen on ${path}: another process listens there`);
  rmSync(path, { force: true });
}

function closerOf(server: Server | SecureServer, cleanUp: () => void) {
  return async (graceMs: number): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // The path is gone before the answers end: who comes now finds no daemon, instead of one that no longer accepts.
    cleanUp();
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  };
}

async function listenUnix(path: string, options: ListenOptions): Promise<Listener> {
  await clearPath(path);
  const server = createHttpServer(options.dispatch, peerOf);
  // Nobody else gets in before the owner is set.
  const mask = process.umask(0o177);
  try {
    await listening(server, () => server.listen({ path }));
  } finally {
    process.umask(mask);
  }
  if (options.group !== undefined) {
    chownSync(path, process.getuid?.() ?? 0, options.group);
    chmodSync(path, 0o660);
  }
  const inode = statSync(path).ino;
  const cleanUp = () => {
    // Another daemon may have put its own there.
    if (existsSync(path) && statSync(path).ino === inode) rmSync(path, { force: true });
  };
  return { name: `unix://${path}`, port: undefined, close: closerOf(server, cleanUp), renewTls: () => {} };
}

function createServerFor({ dispatch, tls }: ListenOptions): Server | SecureServer {
  return tls === undefined ? createHttpServer(dispatch) : createHttpsServer(dispatch, tls);
}

async function listenTcp(host: string, port: number, options: ListenOptions): Promise<Listener> {
  const server = createServerFor(options);
  await listening(server, () => server.listen({ host, port }));
  const address = server.address();
  const chosen = typeof address === 'object' && address !== null ? address.port : port;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    name: `tcp://${shown}:${chosen}`,
    port: chosen,
    close: closerOf(server, () => {}),
    renewTls: (tls) => {
      if ('setSecureContext' in server) server.setSecureContext(tls);
    },
  };
}

/** Descriptors that systemd handed over, by the protocol of sd_listen_fds(3). */
function activatedDescriptors(name: string, env: NodeJS.ProcessEnv): number[] {
  const isOurs = env['LISTEN_PID'] === String(process.pid);
  const count = isOurs ? Number(env['LISTEN_FDS'] ?? 0) : 0;
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => name === '*' || names[index] === name)
    .map((index) => FIRST_ACTIVATED + index);
}

async function listenActivated(name: string, options: ListenOptions): Promise<Listener[]> {
  const descriptors = activatedDescriptors(name, options.env);
  if (descriptors.length === 0) {
    const which = name === '*' ? 'no sockets' : `no socket named ${name}`;
    throw new BerthError(
      'invalid',
      'daemon.not-activated',
      `${which} found via socket activation: make sure the service manager handed one over`,
    );
  }
  return Promise.all(
    descriptors.map(async (fd) => {
      // The unix sockets of systemd have their own access rights; TLS is for those of TCP.
      const server = createHttpServer(options.dispatch, peerOf);
      await listening(server, () => server.listen({ fd }));
      return { name: `fd://${fd}`, port: undefined, close: closerOf(server, () => {}), renewTls: () => {} };
    }),
  );
}

/**
 * Opens the sockets of an address.
 *
 * @throws conflict when another process listens there, unavailable with the reason otherwise
 */
export async function listen(address: ListenAddress, options: ListenOptions): Promise<Listener[]> {
  try {
    switch (address.kind) {
      case 'unix':
        return [await listenUnix(address.path, options)];
      case 'tcp':
        return [await listenTcp(address.host, address.port, options)];
      case 'activated':
        return await listenActivated(address.name, options);
    }
  } catch (error) {
    if (!isErrno(error, 'EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOENT', 'EPERM', 'EROFS', 'ENOTDIR')) throw error;
    throw new BerthError('unavailable', 'daemon.listen', `cannot listen: ${messageOf(error)}`, { cause: error });
  }
}
