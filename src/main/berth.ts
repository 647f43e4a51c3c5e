/** The `berth` program: one command line, then the end. */
import type { CliHost, GlobalOptions } from '#cli/command.ts';
import { runCli } from '#cli/dispatch.ts';
import { launcherPath } from '#sys/own-program.ts';

const DEFAULT_ROOT = '/var/lib/berth';

/** The launcher of this package, for processes that the keeper starts later. */
const LAUNCHER = launcherPath();

const interrupted = new AbortController();

function rootOf(options: GlobalOptions): string {
  return options.root ?? (process.env['BERTH_ROOT'] || DEFAULT_ROOT);
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
  async connect(options) {
    const { reachEngine } = await import('./reach-engine.ts');
    return reachEngine(options, rootOf(options), LAUNCHER);
  },
  async dialStdio(options) {
    const { dialStdio } = await import('./dial-stdio.ts');
    return dialStdio(options, rootOf(options), LAUNCHER);
  },
  async credentials(options) {
    const { openCredentials } = await import('#distribution/credentials/open-credentials.ts');
    return openCredentials(options.config, process.env);
  },
  async serve(options, flags) {
    const { runDaemon } = await import('./daemon/daemon.ts');
    return runDaemon(flags, rootOf(options), LAUNCHER);
  },
  async scratch() {
    const { openScratch } = await import('./scratch-engine.ts');
    return openScratch(LAUNCHER);
  },
  async serveRegistry(options, settings) {
    const { runRegistry } = await import('./registry/run-registry.ts');
    return runRegistry(settings, rootOf(options));
  },
  async collectRegistry(options, how) {
    const { collectOnce } = await import('./registry/run-registry.ts');
    return collectOnce(how, rootOf(options));
  },
};

async function main(words: readonly string[]): Promise<number> {
  if (words[0] !== 'internal') return runCli(words, host);
  const { runInternal } = await import('./internal.ts');
  return runInternal(words.slice(1), LAUNCHER);
}

void main(process.argv.slice(2)).then((status) => process.exit(status));
