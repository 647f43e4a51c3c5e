/** The `berth` program: one command line, then the end. */
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

/** Reaches the engine that the options name: a socket, or the API in this process. */
async function connect(options: GlobalOptions): Promise<Client> {
  const { connect: open } = await import('#client/client.ts');
  if (options.host !== undefined) {
    const { socketTransport } = await import('#client/socket-transport.ts');
    return open(socketTransport(options.host));
  }
  const [{ inProcessTransport }, { openApi }] = await Promise.all([
    import('#client/in-process-transport.ts'),
    import('./open-api.ts'),
  ]);
  const api = await openApi(rootOf(options), LAUNCHER);
  return open({ ...inProcessTransport(api.dispatch, api.version), close: api.close });
}

const host: CliHost = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
  connect,
};

const words = process.argv.slice(2);
if (words[0] === 'internal') {
  const { runInternal } = await import('./internal.ts');
  process.exitCode = await runInternal(words.slice(1), LAUNCHER);
} else {
  process.exitCode = await runCli(words, host);
}
