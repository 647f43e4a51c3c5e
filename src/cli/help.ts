/** The texts of `--help`: docker's layout to the byte, Berth's own additions in sections after it. */

import type { CommandRow } from './command-row.ts';
import { EXAMPLES } from './examples.ts';
import type { FlagSpec } from './flag.ts';
import { GLOBAL_FLAGS } from './flags/global.ts';
import { flagLines } from './help-flags.ts';
import { COMMANDS, COMMON, GROUPS, UNAVAILABLE } from './table.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly own?: true | undefined;
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

/** Names of commands are padded to at least this many columns. */
const NAME_WIDTH = 11;

function entryLines(entries: readonly Entry[]): string {
  return entries.map((entry) => `  ${entry.name.padEnd(NAME_WIDTH)} ${entry.summary}\n`).join('');
}

/** The commands directly below a group, or at the top for ''. */
function entriesOf(group: string): Entry[] {
  const prefix = group === '' ? '' : `${group} `;
  const isHere = (name: string) => name.startsWith(prefix) && !name.slice(prefix.length).includes(' ');
  const rows = COMMANDS.filter((row) => row.hidden !== true).flatMap((row) =>
    row.names.filter(isHere).map((name) => ({ name: name.slice(prefix.length), summary: row.summary, own: row.own })),
  );
  const refused = UNAVAILABLE.filter((row) => row.section === 'command' && isHere(row.name));
  return [...rows, ...refused.map((row) => ({ name: row.name.slice(prefix.length), summary: row.summary }))].sort(
    byName,
  );
}

const section = (title: string, body: string): string => (body === '' ? '' : `\n${title}:\n${body}`);

/** Help of one command under the name it was called by. @param width columns of the terminal */
export function commandHelp(row: CommandRow, name: string, specs: readonly FlagSpec[], width: number): string {
  const aliases = row.aliases === undefined ? '' : `  ${row.aliases.map((alias) => `berth ${alias}`).join(', ')}\n`;
  const examples = (EXAMPLES[row.names[0]] ?? []).map((example) => `  ${example}\n`).join('');
  return [
    `Usage:  berth ${name} ${row.use}`.trimEnd(),
    `\n\n${row.description ?? row.summary}\n`,
    section('Aliases', aliases),
    section('Options', flagLines(specs, width)),
    section('Berth Options', flagLines(specs, width, true)),
    section('Examples', examples),
  ].join('');
}

/** Help of `berth container`, `berth image` or `berth system`. */
export function groupHelp(name: string): string {
  const entries = entriesOf(name);
  return [
    `Usage:  berth ${name} COMMAND\n\n${GROUPS.find((group) => group.name === name)?.summary}\n`,
    section('Commands', entryLines(entries.filter((entry) => entry.own !== true))),
    `\nRun 'berth ${name} COMMAND --help' for more information on a command.\n`,
    section('Berth Commands', entryLines(entries.filter((entry) => entry.own === true))),
  ].join('');
}

/** Help of the program. @param width columns of the terminal */
export function rootHelp(width: number): string {
  const entries = entriesOf('');
  const common = COMMON.flatMap((name) => entries.find((entry) => entry.name === name) ?? []);
  const management = [
    ...GROUPS.filter((group) => group.own !== true),
    ...UNAVAILABLE.filter((row) => row.section === 'management'),
  ].sort(byName);
  const swarm = UNAVAILABLE.filter((row) => row.section === 'swarm').sort(byName);
  const own = [...entries, ...GROUPS].filter((entry) => entry.own === true).sort(byName);
  return [
    'Usage:  berth [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n',
    section('Common Commands', entryLines(common)),
    section('Management Commands', entryLines(management)),
    section('Swarm Commands', entryLines(swarm)),
    section('Commands', entryLines(entries.filter((entry) => !COMMON.includes(entry.name) && entry.own !== true))),
    section('Global Options', flagLines(GLOBAL_FLAGS, width)),
    "\nRun 'berth COMMAND --help' for more information on a command.\n",
    section('Berth Options', flagLines(GLOBAL_FLAGS, width, true)),
    section('Berth Commands', entryLines(own)),
    section('Not available yet', `  ${UNAVAILABLE.map((row) => row.name).join(', ')}\n`),
  ].join('');
}
