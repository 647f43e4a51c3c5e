/** What `import … from 'berth'` gives: a client of an engine in this process or of one that listens on a socket. */
import { BerthError } from '#base/errors.ts';
import { type Client, connect as connectTo } from '#client/client.ts';
import { inProcessTransport } from '#client/in-process-transport.ts';
import { socketTransport } from '#client/socket-transport.ts';
import { launcherPath } from '#sys/own-program.ts';

export { BerthError, isBerthError } from '#base/errors.ts';
export type { Client } from '#client/client.ts';
export { demultiplex } from '#client/demux.ts';
export type { Hijacked } from '#client/hijacked.ts';
export { type Output, readOutput } from '#client/output.ts';
export { type Ended, type ExecOptions, exec, type RunOptions, run } from '#client/run.ts';
export type * from '#spec/docker-api/containers.ts';
export type * from '#spec/docker-api/images.ts';
export type * from '#spec/docker-api/networks.ts';
export type * from '#spec/docker-api/system.ts';
export type * from '#spec/docker-api/volumes.ts';

const DEFAULT_ROOT = '/var/lib/berth';
/** What the engine needs of Node.js: SQLite and zstd. */
const NODE_FOR_ENGINE = [22, 15] as const;

export interface ConnectOptions {
  /** An engine that listens: `unix:///run/berth.sock`, `tcp://host:2376`, `ssh://me@host`. Docker's own daemon answers, too. */
  readonly host?: string;
  /** For `tcp`; plain without. The files' contents, not their names. */
  readonly tls?: {
    /** Authority that the engine's certificate must come from. */
    readonly ca?: Buffer;
    /** The client's own certificate and key. */
    readonly cert?: Buffer;
    readonly key?: Buffer;
    /** False: any certificate will do. */
    readonly rejectUnauthorized?: boolean;
  };
  /** Directory of an engine in this process (needs root); default `/var/lib/berth`. Any number of processes may share it. */
  readonly root?: string;
}

/**
 * Connects to an engine. With `host` to one that listens there; else the engine runs in this process on the state below `root`,
 * and its containers go on running when the process ends.
 *
 * @returns a client; `close()` it, or `await using` it
 * @throws BerthError `invalid` for a host that cannot be parsed; `unsupported` when this Node.js is too old for an engine
 * @example await using client = await connect({ root: '/tmp/my-engine' });
 */
export async function connect(options: ConnectOptions = {}): Promise<Client & AsyncDisposable> {
  const client = options.host === undefined ? await embedded(options.root) : await remote(options.host, options.tls);
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}

async function remote(host: string, tls: ConnectOptions['tls']): Promise<Client> {
  const dialSsh = host.startsWith('ssh:') ? (await import('./ssh.ts')).dialSsh : undefined;
  return connectTo(socketTransport(host, { dialSsh, tls: tls && { rejectUnauthorized: true, ...tls } }));
}

async function embedded(root = DEFAULT_ROOT): Promise<Client> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor, needMinor] = NODE_FOR_ENGINE;
  if (major < needMajor || (major === needMajor && minor < needMinor)) {
    const message = `an engine in process needs Node.js ${needMajor}.${needMinor} or newer, this is ${process.versions.node}`;
    throw new BerthError('unsupported', 'library.node', message, { hint: 'connect to a daemon with the option host' });
  }
  const { openApi } = await import('./open-api.ts');
  const api = await openApi(root, launcherPath());
  const client = connectTo(inProcessTransport(api.dispatch, api.version));
  return { ...client, close: () => api.close() };
}
