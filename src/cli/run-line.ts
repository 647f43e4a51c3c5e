/** One command line from its words to an exit status. */
import { isBerthError, messageOf } from '#base/errors.ts';
import { checkArgs } from './check-args.ts';
import type { CliHost, Context, GlobalOptions, Invocation } from './command.ts';
import type { CommandRow, GroupRow } from './command-row.ts';
import { ExitFailure, failureText, isExitFailure } from './failure.ts';
import { findCommand } from './find-command.ts';
import { FlagError } from './flag-error.ts';
import { GLOBAL_FLAGS } from './flags/global.ts';
import { BROKEN_PIPE_STATUS, guardOutput } from './guarded-output.ts';
import { loadCode, loadFlags } from './load-command.ts';
import type { ParsedLine } from './parse-flags.ts';
import { parseFlags } from './parse-flags.ts';
import { VERSION } from './version.ts';

/** Columns for help: the terminal's on standard input, as docker looks there too. */
function helpWidth(host: CliHost): number {
  const columns = host.stdin.isTTY === true ? (host.stdout.columns ?? host.stderr.columns) : undefined;
  return columns ?? 80;
}

/** Adds usage and the way to the help to the parser's complaint, status 125. */
function usageFailure(error: unknown, usage: string, path: string): unknown {
  if (!(error instanceof FlagError)) return error;
  return new ExitFailure(125, `${error.message}\n\nUsage:  ${usage}\n\nRun '${path} --help' for more information`);
}

const LOG_LEVELS: ReadonlySet<string> = new Set([
  'trace',
  'debug',
  'info',
  'warn',
  'warning',
  'error',
  'fatal',
  'panic',
]);

/** The options before the command. @throws ExitFailure in docker's words */
export function globalOptions(flags: ParsedLine['flags'], env: CliHost['env']): GlobalOptions {
  const hosts = flags.list('host');
  if (hosts.length > 1) throw new ExitFailure(1, 'Specify only one -H');
  const logLevel = flags.text('log-level');
  if (!LOG_LEVELS.has(logLevel.toLowerCase())) throw new ExitFailure(1, `Unable to parse logging level: ${logLevel}`);
  const textOf = (name: string) => (flags.changed(name) ? flags.text(name) : undefined);
  return {
    isRootGiven: flags.changed('root') || (env['BERTH_ROOT'] ?? '') !== '',
    isHostGiven: hosts.length > 0,
    context: textOf('context'),
    tls: {
      use: flags.bool('tls'),
      verify: flags.changed('tlsverify') ? flags.bool('tlsverify') : undefined,
      ca: textOf('tlscacert'),
      cert: textOf('tlscert'),
      key: textOf('tlskey'),
    },
    root: flags.changed('root') ? flags.text('root') : undefined,
    host: hosts[0] ?? (flags.changed('root') ? undefined : env['BERTH_HOST'] || undefined),
    config: flags.changed('config') ? flags.text('config') : undefined,
    debug: flags.bool('debug'),
    logLevel: flags.bool('debug') ? 'debug' : logLevel,
  };
}

/** A command's surroundings, and what ends the client if the command has opened one. */
function openContext(host: CliHost, options: GlobalOptions): { context: Context; close: () => Promise<void> } {
  let client: ReturnType<CliHost['connect']> | undefined;
  const { env, cwd, signal } = host;
  const context: Context = {
    get stdin() {
      return host.stdin;
    },
    get stdout() {
      return host.stdout;
    },
    get stderr() {
      return host.stderr;
    },
    env,
    cwd,
    signal,
    ...(host.rawTerminal === undefined ? {} : { rawTerminal: host.rawTerminal }),
    ...(host.credentials === undefined ? {} : { credentials: host.credentials }),
    ...(host.serve === undefined ? {} : { serve: host.serve }),
    ...(host.scratch === undefined ? {} : { scratch: host.scratch }),
    ...(host.serveRegistry === undefined ? {} : { serveRegistry: host.serveRegistry }),
    ...(host.collectRegistry === undefined ? {} : { collectRegistry: host.collectRegistry }),
    ...(host.dialStdio === undefined ? {} : { dialStdio: host.dialStdio }),
    options,
    client() {
      client ??= host.connect(options);
      return client;
    },
  };
  const close = async () => {
    // That it could not be opened the command has said.
    const opened = await client?.catch(() => undefined);
    await opened?.close();
  };
  return { context, close };
}

/** The line that errors and help print as the usage of a command under one of its names. */
export function usageLine(row: CommandRow, name: string): string {
  return `berth ${name} ${row.use}`.trimEnd();
}

async function runCommand(
  host: CliHost,
  options: GlobalOptions,
  row: CommandRow,
  name: string,
  rest: readonly string[],
) {
  const path = `berth ${name}`;
  const usage = usageLine(row, name);
  const specs = await loadFlags(row.names[0]);
  let line: ParsedLine;
  try {
    line = parseFlags(specs, rest, { interspersed: row.interspersed ?? true });
  } catch (error) {
    throw usageFailure(error, usage, path);
  }
  for (const warning of line.warnings) host.stdout.write(`${warning}\n`);
  if (line.help) {
    const { commandHelp } = await import('./help.ts');
    host.stdout.write(commandHelp(row, name, specs, helpWidth(host)));
    return 0;
  }
  checkArgs(row.args, line.args, path, usage);
  const code = await loadCode(row.names[0]);
  if (code === undefined) throw new ExitFailure(1, `${path}: not available yet`);
  const call: Invocation = { args: line.args, flags: line.flags, row, path };
  const { context, close } = openContext(host, options);
  try {
    return await code.run(context, call);
  } catch (error) {
    // A value that only the command can judge.
    throw usageFailure(error, usage, path);
  } finally {
    await close();
  }
}

async function runGroup(host: CliHost, { name, use }: GroupRow, rest: readonly string[]): Promise<number> {
  const path = `berth ${name}`;
  const { groupHelp } = await import('./help.ts');
  let line: ParsedLine;
  try {
    line = parseFlags([], rest, { interspersed: false });
  } catch (error) {
    throw usageFailure(error, path, path);
  }
  for (const warning of line.warnings) host.stdout.write(`${warning}\n`);
  if (line.help) {
    host.stdout.write(groupHelp(name));
    return 0;
  }
  if (line.args.length > 0)
    throw new ExitFailure(
      1,
      `berth: unknown command: ${path} ${line.args[0]}\n\nUsage:  ${path}${use === undefined ? '' : ` ${use}`}\n\nRun '${path} --help' for more information`,
    );
  host.stderr.write(groupHelp(name));
  return 0;
}

/** @param strict false: what follows the command is ignored, as after `berth --help ps` */
async function runHelpTopic(host: CliHost, topic: readonly string[], strict: boolean): Promise<number> {
  const { commandHelp, groupHelp, rootHelp } = await import('./help.ts');
  if (topic.length === 0) {
    host.stdout.write(rootHelp(helpWidth(host)));
    return 0;
  }
  const found = findCommand(topic);
  if (found.kind === 'command' && (!strict || found.rest.length === 0)) {
    host.stdout.write(commandHelp(found.row, found.name, await loadFlags(found.row.names[0]), helpWidth(host)));
    return 0;
  }
  if (found.kind === 'group' && (!strict || found.rest.length === 0)) {
    host.stdout.write(groupHelp(found.name));
    return 0;
  }
  const rest = 'rest' in found ? found.rest : topic;
  throw new ExitFailure(1, `unknown help topic: ${rest.join(' ')}`);
}

function parseGlobals(words: readonly string[], interspersed: boolean): ParsedLine {
  try {
    return parseFlags(GLOBAL_FLAGS, words, { interspersed });
  } catch (error) {
    throw usageFailure(error, 'berth [OPTIONS] COMMAND [ARG...]', 'berth');
  }
}

async function run(words: readonly string[], host: CliHost): Promise<number> {
  const globals = parseGlobals(words, false);
  for (const warning of globals.warnings) host.stdout.write(`${warning}\n`);
  const options = globalOptions(globals.flags, host.env);
  if (globals.help) return runHelpTopic(host, globals.args, false);
  if (globals.args[0] === 'help') return runHelpTopic(host, globals.args.slice(1), true);
  if (globals.flags.bool('version')) {
    host.stdout.write(`Berth version ${VERSION}\n`);
    return 0;
  }
  if (globals.args.length === 0) {
    const { rootHelp } = await import('./help.ts');
    host.stderr.write(rootHelp(helpWidth(host)));
    return 0;
  }
  const found = findCommand(globals.args);
  switch (found.kind) {
    case 'command':
      return runCommand(host, options, found.row, found.name, found.rest);
    case 'group':
      return runGroup(host, found.row, found.rest);
    case 'unavailable':
      throw new ExitFailure(1, `berth ${found.name}: not available yet: Berth has no ${found.row.topic} so far`);
    case 'unknown':
      // Docker reads what follows a command that it does not know as its own options.
      if (parseGlobals(globals.args, true).help) return runHelpTopic(host, [], true);
      throw new ExitFailure(
        1,
        `berth: unknown command: berth ${found.name}\n\nRun 'berth --help' for more information`,
      );
  }
}

async function runAndTell(words: readonly string[], host: CliHost): Promise<number> {
  try {
    return await run(words, host);
  } catch (error) {
    if (isExitFailure(error)) {
      if (error.message !== '') host.stderr.write(`${error.message}\n`);
      return error.status;
    }
    if (isBerthError(error, 'cancelled') || (host.signal.aborted && error === host.signal.reason)) return 130;
    if (isBerthError(error)) host.stderr.write(`${failureText(error)}\n`);
    else host.stderr.write(`${error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error)}\n`);
    return 1;
  }
}

/** Runs a command line and prints its failure. @returns the exit status */
export async function runLine(words: readonly string[], host: CliHost): Promise<number> {
  const output = guardOutput(host);
  const status = await runAndTell(words, {
    get stdin() {
      return host.stdin;
    },
    get stdout() {
      return output.stream;
    },
    get stderr() {
      return host.stderr;
    },
    env: host.env,
    cwd: host.cwd,
    signal: host.signal,
    ...(host.rawTerminal === undefined ? {} : { rawTerminal: host.rawTerminal }),
    ...(host.credentials === undefined ? {} : { credentials: host.credentials }),
    ...(host.serve === undefined ? {} : { serve: host.serve }),
    ...(host.scratch === undefined ? {} : { scratch: host.scratch }),
    ...(host.serveRegistry === undefined ? {} : { serveRegistry: host.serveRegistry }),
    ...(host.collectRegistry === undefined ? {} : { collectRegistry: host.collectRegistry }),
    ...(host.dialStdio === undefined ? {} : { dialStdio: host.dialStdio }),
    connect: (options) => host.connect(options),
  });
  const failure = await output.settle();
  if (failure === undefined) return status;
  // A socket that is closed before all was read says ECONNRESET instead.
  if (failure.code === 'EPIPE' || failure.code === 'ECONNRESET') return BROKEN_PIPE_STATUS;
  host.stderr.write(`write /dev/stdout: ${failure.message}\n`);
  return 1;
}
