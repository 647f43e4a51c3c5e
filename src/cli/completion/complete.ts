/** Works out what can stand at the end of a command line that is being typed. */

import type { CommandRow } from '../command-row.ts';
import { findCommand } from '../find-command.ts';
import type { FlagSpec } from '../flag.ts';
import { GLOBAL_FLAGS } from '../flags/global.ts';
import { loadFlags } from '../load-command.ts';
import { COMMANDS, GROUPS } from '../table.ts';
import { argumentKind, flagValueKind, type ValueKind } from './value-kinds.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** `files` and `directories`: the shell knows those itself. */
export interface Completion {
  readonly kind: 'words' | 'files' | 'directories';
  readonly candidates: readonly Candidate[];
}

/** Looks up what exists, for example the names of running containers. */
export type Lookup = (kind: ValueKind) => Promise<readonly Candidate[]>;

const NOTHING: Completion = { kind: 'words', candidates: [] };

/** What is known of the words before the last. */
interface Progress {
  /** Flags given so far by their names. */
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
  /** The flag whose value comes next. */
  readonly open: FlagSpec | undefined;
  /** After `--`, or after the first argument of a command that takes the rest as they are. */
  readonly flagsEnded: boolean;
}

function takesValue(flag: FlagSpec): boolean {
  return (flag.type ?? 'bool') !== 'bool';
}

/** The flag of a word, and whether its value follows as a word of its own. */
function readFlag(flags: readonly FlagSpec[], word: string): { flag: FlagSpec | undefined; opens: boolean } {
  if (word.startsWith('--')) {
    const [name = ''] = word.slice(2).split('=', 1);
    const flag = flags.find((spec) => spec.name === name);
    return { flag, opens: flag !== undefined && takesValue(flag) && !word.includes('=') };
  }
  for (let at = 1; at < word.length; at++) {
    const flag = flags.find((spec) => spec.short === word[at]);
    if (flag !== undefined && takesValue(flag)) return { flag, opens: at === word.length - 1 };
  }
  return { flag: flags.find((spec) => spec.short === word[1]), opens: false };
}

function walk(words: readonly string[], flags: readonly FlagSpec[], stopsAtArgument: boolean): Progress {
  const given = new Set<string>();
  const args: string[] = [];
  let open: FlagSpec | undefined;
  let flagsEnded = false;
  for (const word of words) {
    if (open !== undefined) open = undefined;
    else if (flagsEnded || word === '-' || !word.startsWith('-')) {
      args.push(word);
      flagsEnded ||= stopsAtArgument;
    } else if (word === '--') flagsEnded = true;
    else {
      const { flag, opens } = readFlag(flags, word);
      if (flag !== undefined) given.add(flag.name);
      if (opens) open = flag;
    }
  }
  return { given, args, open, flagsEnded };
}

const REPEATABLE = new Set(['list', 'strings', 'map', 'filter', 'ulimit', 'mount', 'network', 'gpu-request']);

function flagCandidates(flags: readonly FlagSpec[], given: ReadonlySet<string>): Candidate[] {
  return [...flags, { name: 'help', usage: 'Print usage' } satisfies FlagSpec]
    .filter((flag) => !('hidden' in flag && flag.hidden) && !('deprecated' in flag && flag.deprecated !== undefined))
    .filter((flag) => !given.has(flag.name) || REPEATABLE.has(flag.type ?? 'bool'))
    .map((flag) => ({ value: `--${flag.name}`, description: flag.usage }));
}

function matching(candidates: readonly Candidate[], typed: string, prefix = ''): Completion {
  const fitting = candidates
    .filter(({ value }) => value.startsWith(typed))
    .map((candidate) => ({ ...candidate, value: `${prefix}${candidate.value}` }));
  return { kind: 'words', candidates: fitting };
}

async function valuesOf(kind: ValueKind | undefined, typed: string, prefix: string, look: Lookup): Promise<Completion> {
  if (kind === undefined) return NOTHING;
  if (kind === 'file') return { kind: 'files', candidates: [] };
  if (kind === 'directory') return { kind: 'directories', candidates: [] };
  if (typeof kind === 'object')
    return matching(
      kind.map((value) => ({ value })),
      typed,
      prefix,
    );
  return matching(await look(kind), typed, prefix);
}

function commandNames(): Candidate[] {
  const rows = COMMANDS.flatMap((row) =>
    row.names.filter((name) => !name.includes(' ')).map((value) => ({ value, description: row.summary })),
  );
  return [...rows, ...GROUPS.map(({ name, summary }) => ({ value: name, description: summary }))];
}

function namesInGroup(group: string): Candidate[] {
  return COMMANDS.flatMap((row) =>
    row.names
      .filter((name) => name.startsWith(`${group} `))
      .map((name) => ({ value: name.slice(group.length + 1), description: row.summary })),
  );
}

/** Inside a command, whose name is typed. */
async function completeCommand(row: CommandRow, rest: readonly string[], last: string, look: Lookup) {
  const flags = await loadFlags(row.names[0]);
  const progress = walk(rest, flags, row.interspersed === false);
  if (progress.open !== undefined) return valuesOf(flagValueKind(row, progress.open), last, '', look);
  const equals = last.indexOf('=');
  if (!progress.flagsEnded && last.startsWith('--') && equals > 0) {
    const { flag } = readFlag(flags, last);
    const prefix = last.slice(0, equals + 1);
    return flag === undefined ? NOTHING : valuesOf(flagValueKind(row, flag), last.slice(equals + 1), prefix, look);
  }
  if (!progress.flagsEnded && last.startsWith('-')) return matching(flagCandidates(flags, progress.given), last);
  const taken = new Set(progress.args);
  const found = await valuesOf(argumentKind(row, progress.args.length), last, '', look);
  return { ...found, candidates: found.candidates.filter(({ value }) => !taken.has(value)) };
}

/**
 * Completes the last of the words.
 *
 * @param words everything after the program's name; the last is what is being typed, perhaps empty
 * @param look asks the engine for names
 */
export async function complete(words: readonly string[], look: Lookup): Promise<Completion> {
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { open, at } = skipGlobalFlags(before);
  if (open !== undefined) return valuesOf(flagValueKind(undefined, open), last, '', look);
  const typed = before.slice(at);
  if (typed.length === 0) {
    return last.startsWith('-')
      ? matching(flagCandidates(GLOBAL_FLAGS, new Set()), last)
      : matching(commandNames(), last);
  }
  const found = findCommand(typed);
  if (found.kind === 'command') return completeCommand(found.row, found.rest, last, look);
  if (found.kind === 'group' && found.rest.length === 0) return matching(namesInGroup(found.name), last);
  return NOTHING;
}

/** Where the command begins, or the global flag whose value is being typed. */
function skipGlobalFlags(words: readonly string[]): { readonly open: FlagSpec | undefined; readonly at: number } {
  let at = 0;
  for (; at < words.length && (words[at] ?? '').startsWith('-'); at++) {
    const { flag, opens } = readFlag(GLOBAL_FLAGS, words[at] ?? '');
    if (!opens) continue;
    at++;
    if (at >= words.length) return { open: flag, at };
  }
  return { open: undefined, at };
}
