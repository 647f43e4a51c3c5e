/** `berth system dial-stdio`: the engine's API on standard input and output, for a client at the other end of a pipe. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BerthError } from '#base/errors.ts';
import { joinDuplex } from '#base/join-duplex.ts';
import type { GlobalOptions } from '#cli/command.ts';
import { parseEngineHost } from '#client/engine-host.ts';
import { createHttpServer } from '#serve/docker-api/serve-http.ts';
import { openApi } from './open-api.ts';
import { endpointFor } from './reach-engine.ts';

function reach(host: string): Duplex {
  const address = parseEngineHost(host);
  if (address.kind === 'unix') return connect({ path: address.socketPath, allowHalfOpen: true });
  if (address.kind === 'tcp') return connect({ host: address.host, port: address.port, allowHalfOpen: true });
  throw new BerthError('unsupported', 'dial-stdio.host', `${host} cannot be joined with standard input and output`);
}

/** Resolves when the client has gone. @returns the exit status */
export async function dialStdio(options: GlobalOptions, root: string, launcher: string): Promise<number> {
  const endpoint = await endpointFor(options, root);
  if (endpoint?.tls !== undefined)
    throw new BerthError(
      'unsupported',
      'dial-stdio.tls',
      'an engine behind TLS cannot be joined with standard input and output',
    );
  if (endpoint !== undefined) {
    const socket = reach(endpoint.host);
    await Promise.all([pipeline(process.stdin, socket), pipeline(socket, process.stdout)]);
    return 0;
  }
  // No daemon: this process is the engine for as long as the connection lasts.
  const api = await openApi(root, launcher);
  const connection = joinDuplex(process.stdin, process.stdout);
  const closed = new Promise<void>((resolve) => connection.once('close', resolve));
  createHttpServer(api.dispatch).emit('connection', connection);
  await closed;
  await api.close();
  return 0;
}
