/** From the options of a command line to a client: a socket, a program that leads to one, or the API in this process. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { GlobalOptions } from '#cli/command.ts';
import type { Endpoint } from '#cli/contexts/endpoint.ts';
import type { Client } from '#client/client.ts';
import { requireRoot } from './require-root.ts';

/** Whether a daemon answers at a unix socket: a killed one leaves the file behind. */
async function daemonAnswers(path: string): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect({ path });
    // One that may not be used is there all the same: the refusal is for the user to see.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EACCES'));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** True when nothing but the root can say which engine is meant: then nothing is loaded to find out. */
function isPlain(options: GlobalOptions): boolean {
  const { host, context, config, isRootGiven } = options;
  if (host !== undefined || context !== undefined) return false;
  if (isRootGiven) return true;
  if (process.env['DOCKER_HOST'] || process.env['DOCKER_CONTEXT']) return false;
  return !existsSync(join(config ?? join(homedir(), '.berth'), 'config.json'));
}

/** @returns `undefined` for the engine of the root in this process */
export async function endpointFor(options: GlobalOptions, root: string): Promise<Endpoint | undefined> {
  if (!isPlain(options)) {
    const { findEndpoint } = await import('#cli/contexts/endpoint.ts');
    const found = findEndpoint(options, process.env);
    if (found !== undefined) return found;
  }
  const socket = join(root, 'berth.sock');
  return existsSync(socket) && (await daemonAnswers(socket)) ? { host: `unix://${socket}` } : undefined;
}

/** Reaches the engine that the options name. @param launcher program that a keeper runs when nobody watches */
export async function reachEngine(options: GlobalOptions, root: string, launcher: string): Promise<Client> {
  const [{ connect }, endpoint] = await Promise.all([import('#client/client.ts'), endpointFor(options, root)]);
  if (endpoint !== undefined) {
    const { socketTransport } = await import('#client/socket-transport.ts');
    const ssh = endpoint.host.startsWith('ssh:') ? (await import('./ssh.ts')).dialSsh : undefined;
    return connect(socketTransport(endpoint.host, { tls: endpoint.tls, dialSsh: ssh }));
  }
  requireRoot(root);
  const [{ inProcessTransport }, { openApi }] = await Promise.all([
    import('#client/in-process-transport.ts'),
    import('./open-api.ts'),
  ]);
  const api = await openApi(root, launcher);
  // The engine is left open: the end of the process closes it, and faster. What is in the database is in its log.
  return connect(inProcessTransport(api.dispatch, api.version, api.finish));
}
