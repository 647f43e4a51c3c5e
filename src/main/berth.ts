/** The `berth` program: one command line, then the end. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CliHost, GlobalOptions } from '#cli/command.ts';
import { runCli } from '#cli/dispatch.ts';
import type { Client } from '#client/client.ts';

const DEFAULT_ROOT = '/var/lib/berth';

/** The launcher of this package, for processes that the keeper starts later. */
const LAUNCHER = fileURLToPath(new URL('../bin/berth', import.meta.url));

const interrupted = new AbortController();

function rootOf(options: GlobalOptions): string {
  return options.root ?? (process.env['BERTH_ROOT'] || DEFAULT_ROOT);
}

/** Whether a daemon of the root answers at its socket: a killed one leaves the file behind. */
async function daemonAnswers(path: string): Promise<boolean> {
  const { connect: dial } = await import('node:net');
  return new Promise((resolve) => {
    const socket = dial({ path });
    // One that may not be used is there all the same: the refusal is for the user to see.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EACCES'));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Reaches the engine that the options name: a socket, the daemon of the root, or the API in this process. */
async function connect(options: GlobalOptions): Promise<Client> {
  const { connect: open } = await import('#client/client.ts');
  const socket = `${rootOf(options)}/berth.sock`;
  const host = options.host ?? (existsSync(socket) && (await daemonAnswers(socket)) ? `unix://${socket}` : undefined);
  if (host !== undefined) {
    const { socketTransport } = await import('#client/socket-transport.ts');
    return open(socketTransport(host));
  }
  const [{ inProcessTransport }, { openApi }] = await Promise.all([
    import('#client/in-process-transport.ts'),
    import('./open-api.ts'),
  ]);
  const api = await openApi(rootOf(options), LAUNCHER);
  // The engine is left open: the end of the process closes it, and faster. What is in the database is in its log.
  return open(inProcessTransport(api.dispatch, api.version));
}

/** Streams are made when a command first asks for them: making them costs as much as a whole short command. */
const host: CliHost = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
  async rawTerminal() {
    const { makeRaw } = await import('#sys/terminal/raw-mode.ts');
    return makeRaw(process.stdin.fd);
  },
  connect,
  async serve(options, flags) {
    const { runDaemon } = await import('./daemon/daemon.ts');
    return runDaemon(flags, rootOf(options), LAUNCHER);
  },
};

async function main(words: readonly string[]): Promise<number> {
  if (words[0] !== 'internal') return runCli(words, host);
  const { runInternal } = await import('./internal.ts');
  return runInternal(words.slice(1), LAUNCHER);
}

void main(process.argv.slice(2)).then((status) => process.exit(status));
