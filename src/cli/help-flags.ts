/** The list of options in help, wrapped as pflag wraps it. */
import type { FlagSpec } from './flag.ts';

/** Below this many columns beside the names, the usage goes below them. */
const NARROW = 24;
/** Columns by which a line may exceed the target so that no single short word is wrapped. */
const SLOP = 5;

/** The first piece of a text for a line of about `width` columns, and the rest. */
function cut(text: string, width: number): readonly [line: string, rest: string] {
  if (width + SLOP > text.length) return [text, ''];
  const head = text.slice(0, width);
  const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\t'), head.lastIndexOf('\n'));
  if (space <= 0) return [text, ''];
  const lineBreak = head.lastIndexOf('\n');
  const at = lineBreak > 0 && lineBreak < space ? lineBreak : space;
  return [text.slice(0, at), text.slice(at + 1)];
}

function wrap(text: string, indent: number, width: number): string {
  const isNarrow = width - indent < NARROW;
  const margin = ' '.repeat(isNarrow ? 16 : indent);
  const room = width - margin.length;
  const start = isNarrow ? `\n${margin}` : '';
  if (room < NARROW) return start + text.replaceAll('\n', `\n${margin}`);
  const lines: string[] = [];
  let rest = text;
  do {
    const [line, next] = cut(rest, room - SLOP);
    lines.push(line.replaceAll('\n', `\n${margin}`));
    rest = next;
  } while (rest !== '');
  return start + lines.join(`\n${margin}`);
}

function nameColumn(spec: FlagSpec): string {
  const name = spec.short === undefined ? `      --${spec.name}` : `  -${spec.short}, --${spec.name}`;
  return spec.type === undefined || spec.type === 'bool' ? name : `${name} ${spec.type}`;
}

function usageColumn(spec: FlagSpec): string {
  if (spec.printedDefault !== undefined) return `${spec.usage} (default ${spec.printedDefault})`;
  if (spec.default === undefined) return spec.usage;
  return `${spec.usage} (default ${spec.type === 'string' ? `"${spec.default}"` : spec.default})`;
}

/**
 * The visible flags, one a line, sorted by name.
 *
 * @param width columns of the terminal
 * @param own true: only Berth's own; else only docker's
 */
export function flagLines(specs: readonly FlagSpec[], width: number, own?: true | undefined): string {
  const visible = specs
    .filter((spec) => spec.hidden !== true && spec.deprecated === undefined && spec.own === own)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const column = Math.max(...visible.map((spec) => nameColumn(spec).length)) + 3;
  return visible
    .map((spec) => `${nameColumn(spec).padEnd(column)}${wrap(usageColumn(spec), column, width - 1)}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}
