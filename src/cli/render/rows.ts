/** Rows of `--format`: a template that is run once for each, then aligned if it is a table. */
import { messageOf } from '#base/errors.ts';
import { ExitFailure } from '../failure.ts';
import type { RunOptions } from '../template/execute.ts';
import { runTemplate, TemplateRunError } from '../template/execute.ts';
import { FUNCTIONS, HEADER_FUNCTIONS } from '../template/functions.ts';
import { goJson } from '../template/json.ts';
import type { ParsedTemplate } from '../template/parser.ts';
import { parseTemplate } from '../template/parser.ts';
import type { GoMethod } from '../template/values.ts';
import { GoStruct } from '../template/values.ts';
import { alignColumns } from './tabwriter.ts';

const NAMES: ReadonlySet<string> = new Set(FUNCTIONS.keys());

/** @throws ExitFailure in docker's words for a template that cannot be parsed */
export function parseFormat(source: string, status = 1): ParsedTemplate {
  try {
    return parseTemplate(source, NAMES);
  } catch (error) {
    throw new ExitFailure(status, `template parsing error: ${messageOf(error)}`);
  }
}

/**
 * Runs a template as `version` and `info` do: what it printed before it failed is printed too.
 *
 * @returns the text, and the failure
 */
export function runPartly(
  template: ParsedTemplate,
  dot: unknown,
  options: RunOptions = {},
): { readonly text: string; readonly failure: ExitFailure | undefined } {
  try {
    return { text: runTemplate(template, dot, options), failure: undefined };
  } catch (error) {
    if (!(error instanceof TemplateRunError)) throw error;
    return { text: error.output, failure: new ExitFailure(1, error.message) };
  }
}

/** Runs a template; what it cannot do fails as docker's formatters do. */
export function runFormat(template: ParsedTemplate, dot: unknown): string {
  try {
    return runTemplate(template, dot);
  } catch (error) {
    throw new ExitFailure(1, `template parsing error: ${messageOf(error)}`);
  }
}

/**
 * One row as templates see it: columns are methods, computed when asked for.
 *
 * @param type Go's name of it, which error messages carry
 * @param columns by name
 * @param label what `.Label "x"` gives
 */
export function row(
  type: string,
  columns: Readonly<Record<string, () => unknown>>,
  label?: (name: string) => string,
): GoStruct {
  const methods = new Map<string, GoMethod>();
  for (const [name, call] of Object.entries(columns)) methods.set(name, { params: [], call });
  if (label !== undefined) methods.set('Label', { params: ['string'], call: label });
  const json = () => goJson(new Map(Object.entries(columns).map(([name, call]) => [name, call()])), true);
  return new GoStruct(type, new Map(), { methods, json });
}

/** `com.example.some-key` becomes `some key`. */
function labelHeader(name: string): string {
  return (name.split('.').at(-1) ?? '').replace(/[-_]/g, ' ');
}

function headerOf(columns: Readonly<Record<string, string>>): GoStruct {
  return new GoStruct('formatter.SubHeaderContext', new Map(Object.entries(columns)), {
    methods: new Map([['Label', { params: ['string'], call: labelHeader }]]),
    isMap: true,
  });
}

export const isTable = (format: string): boolean => format.startsWith('table');

/** The template proper of a format: without `table`, `json` spelled out, `\t` and `\n` made real. */
function templateOf(format: string): string {
  const source = isTable(format) ? format.slice('table'.length) : format === 'json' ? '{{json .}}' : format;
  return source
    .replace(/^ +| +$/g, '')
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n');
}

/**
 * Renders rows.
 *
 * @param format a template, `json`, or `table TEMPLATE`
 * @param header titles of columns by name
 * @throws ExitFailure in docker's words
 */
export function renderRows(format: string, header: Readonly<Record<string, string>>, rows: Iterable<GoStruct>): string {
  const template = parseFormat(templateOf(format));
  let body = '';
  for (const item of rows) body += `${runFormat(template, item)}\n`;
  if (!isTable(format)) return body;
  let titles: string;
  try {
    titles = runTemplate(template, headerOf(header), { functions: HEADER_FUNCTIONS });
  } catch {
    // A template can make sense of rows and not of titles, which are texts: docker prints such a table without them.
    titles = '';
  }
  return alignColumns(`${titles}\n${body}`, { minWidth: 10, padding: 3 });
}
