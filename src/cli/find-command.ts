import type { CommandRow, GroupRow, UnavailableRow } from './command-row.ts';
import { COMMANDS, GROUPS, UNAVAILABLE } from './table.ts';

/** What the first words of a command line name. `name` is canonical: `container ls` for `container ps`. */
export type Found =
  | { readonly kind: 'command'; readonly row: CommandRow; readonly name: string; readonly rest: readonly string[] }
  | { readonly kind: 'group'; readonly row: GroupRow; readonly name: string; readonly rest: readonly string[] }
  | { readonly kind: 'unavailable'; readonly row: UnavailableRow; readonly name: string }
  | { readonly kind: 'unknown'; readonly name: string };

/** The name under which a row answers to what was typed: the one in the same group. */
function canonicalName(row: CommandRow, typed: string): string | undefined {
  if (row.names.includes(typed)) return typed;
  if (!row.aliases?.includes(typed) && !row.hiddenNames?.includes(typed)) return undefined;
  const isGrouped = typed.includes(' ');
  return row.names.find((name) => name.includes(' ') === isGrouped) ?? row.names[0];
}

function findNamed(typed: string): { row: CommandRow; name: string } | undefined {
  for (const row of COMMANDS) {
    const name = canonicalName(row, typed);
    if (name !== undefined) return { row, name };
  }
  return undefined;
}

/** @param words the command line after the global options; at least one */
export function findCommand(words: readonly string[]): Found {
  const [first = '', second] = words;
  const top = findNamed(first);
  if (top !== undefined) return { kind: 'command', ...top, rest: words.slice(1) };
  const refused = UNAVAILABLE.find((row) => row.name === first);
  if (refused !== undefined) return { kind: 'unavailable', row: refused, name: refused.name };
  const group = GROUPS.find((row) => row.name === first);
  if (group === undefined) return { kind: 'unknown', name: first };
  if (second !== undefined) {
    const full = `${first} ${second}`;
    const inner = findNamed(full);
    if (inner !== undefined) return { kind: 'command', ...inner, rest: words.slice(2) };
    const refusedInner = UNAVAILABLE.find((row) => row.name === full);
    if (refusedInner !== undefined) return { kind: 'unavailable', row: refusedInner, name: full };
  }
  return { kind: 'group', row: group, name: group.name, rest: words.slice(1) };
}
