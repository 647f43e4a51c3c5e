import { resolve } from 'node:path';
import { BerthError, messageOf } from '#base/errors.ts';
import { OCI_VERSION } from '#spec/oci-runtime/state.ts';
import type { ExitStatus, RuntimeContext } from '../commands/runtime-context.ts';
import { detectHostFacts } from '../host-facts.ts';
import type { HostFacts } from '../plan/launch-options.ts';
import { badUsage, type FlagValues, parseArguments } from './arguments.ts';
import { commandHelp, programHelp, refusedHelp } from './help.ts';
import { type LogTarget, logFatal, writeLog } from './log.ts';
import { COMMANDS, type CommandEntry, GLOBAL_FLAGS, REFUSED } from './table.ts';

type Command = (context: RuntimeContext, flags: FlagValues, args: readonly string[]) => Promise<ExitStatus>;

/** Loads a command's code; nothing else is loaded for it. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  create: async () => (await import('../commands/create.ts')).create,
  run: async () => (await import('../commands/run.ts')).run,
  start: async () => (await import('../commands/start.ts')).start,
  state: async () => (await import('../commands/state.ts')).state,
  kill: async () => (await import('../commands/kill.ts')).kill,
  delete: async () => (await import('../commands/delete.ts')).deleteCommand,
  exec: async () => (await import('../commands/exec.ts')).exec,
  ps: async () => (await import('../commands/ps.ts')).ps,
  list: async () => (await import('../commands/list.ts')).list,
  pause: async () => (await import('../commands/pause.ts')).pause,
  resume: async () => (await import('../commands/pause.ts')).resume,
  update: async () => (await import('../commands/update.ts')).update,
  events: async () => (await import('../commands/events.ts')).events,
  spec: async () => (await import('../commands/spec.ts')).spec,
  features: async () => (await import('../commands/features.ts')).features,
};

/** Exit status of `exec` and `run` when the process never ran, as engines know it from runc. */
const NEVER_RAN: Readonly<Record<string, ExitStatus>> = { exec: 255 };

/** What the program is told from outside. */
export interface Invocation {
  readonly args: readonly string[];
  readonly version: string;
  readonly print: (text: string) => void;
}

/**
 * Runs `berth-runtime` with a command line.
 *
 * @returns the exit status; errors are logged here and never thrown
 */
export async function runRuntime({ args, version, print }: Invocation): Promise<ExitStatus> {
  let log: LogTarget = { file: undefined, format: 'text', debug: false };
  let name = '';
  try {
    const { flags, rest } = parseArguments(args, GLOBAL_FLAGS, false);
    log = logTarget(flags);
    name = rest[0] ?? '';
    if (flags.flag('version')) {
      print(`berth-runtime version ${version}\nspec: ${OCI_VERSION}\n`);
      return 0;
    }
    if (flags.flag('help') || name === '' || name === 'help') {
      print(programHelp(version));
      return 0;
    }
    return await runCommand(name, rest.slice(1), flags, log, print);
  } catch (error) {
    logFatal(log, messageFor(name, error));
    return NEVER_RAN[name] ?? 1;
  }
}

async function runCommand(
  name: string,
  words: readonly string[],
  globals: FlagValues,
  log: LogTarget,
  print: (text: string) => void,
): Promise<ExitStatus> {
  const refusal = REFUSED[name];
  if (refusal !== undefined && words.some((word) => /^--?h(?:elp)?$/.test(word))) {
    print(refusedHelp(name, refusal));
    return 0;
  }
  if (refusal !== undefined) throw new BerthError('unsupported', 'runtime.unsupported', `${name}: ${refusal}`);
  const entry = COMMANDS[name];
  const load = LOADERS[name];
  if (entry === undefined || load === undefined) throw badUsage(`No help topic for '${name}'`);
  const help = { name: 'help', short: 'h', kind: 'boolean', about: 'show help' } as const;
  const { flags, rest } = parseArguments(words, [...entry.flags, help], entry.passThrough !== true);
  if (flags.flag('help')) {
    print(commandHelp(name, entry));
    return 0;
  }
  // `exec --process FILE ID` and options after the id, as some engines write them.
  checkCount(name, entry, rest.length);
  const facts = hostFacts(globals);
  writeLog(log, 'debug', `${name} ${words.join(' ')}`);
  const command = await load();
  return command({ root: stateRoot(globals), isRootNamed: globals.has('root'), log, facts, print }, flags, rest);
}

/** The machine as the command may use it. */
function hostFacts(globals: FlagValues): HostFacts {
  const manager = globals.flag('systemd-cgroup') ? 'systemd' : (globals.text('cgroup-manager') ?? 'cgroupfs');
  if (manager === 'systemd') {
    throw new BerthError('unsupported', 'cgroup.systemd', 'Berth makes control groups itself, not through systemd', {
      hint: 'let the engine use its cgroupfs driver',
    });
  }
  if (manager !== 'cgroupfs' && manager !== 'disabled') throw badUsage(`invalid cgroup manager: ${manager}`);
  // Engines look for a container of theirs in every hierarchy, as runc makes them.
  const facts = detectHostFacts(true);
  return manager === 'disabled' ? { ...facts, cgroups: undefined } : facts;
}

function checkCount(name: string, entry: CommandEntry, count: number): void {
  const [least, most] = entry.arguments;
  if (count < least && least === most) throw badUsage(`"${name}" requires exactly ${least} argument(s)`);
  if (count < least) throw badUsage(`"${name}" requires a minimum of ${least} argument(s)`);
  if (count > most) throw badUsage(`"${name}" requires a maximum of ${most} argument(s)`);
}

function logTarget(flags: FlagValues): LogTarget {
  const format = flags.text('log-format') ?? 'text';
  if (format !== 'text' && format !== 'json') throw badUsage(`invalid log-format: ${format}`);
  const file = flags.text('log');
  const toFile = file !== undefined && file !== '' && file !== '/dev/stderr';
  return { file: toFile ? resolve(file) : undefined, format, debug: flags.flag('debug') };
}

function stateRoot(flags: FlagValues): string {
  const given = flags.text('root');
  if (given !== undefined) {
    const root = resolve(given);
    if (root === '/') throw badUsage('Option --root argument should not be set to /');
    return root;
  }
  const personal = process.env['XDG_RUNTIME_DIR'];
  return process.geteuid?.() !== 0 && personal ? `${personal}/berth-runtime` : '/run/berth-runtime';
}

/** The words before an error that engines look for. */
function messageFor(name: string, error: unknown): string {
  const hint = error instanceof BerthError && error.hint !== undefined ? ` (${error.hint})` : '';
  const message = `${messageOf(error)}${hint}`;
  const isStart = error instanceof BerthError && error.code.startsWith('start.');
  if (name === 'exec') return `exec failed: ${isStart ? 'unable to start container process: ' : ''}${message}`;
  if (name === 'run' || name === 'create') {
    return `berth-runtime ${name} failed: ${isStart ? 'unable to start container process: ' : ''}${message}`;
  }
  return message;
}
