/** What the `inspect` commands share: objects fetched one by one, printed as JSON or through a template. */
import { messageOf } from '#base/errors.ts';
import type { Output } from './command.ts';
import { ExitFailure, failureText } from './failure.ts';
import { parseFormat } from './render/rows.ts';
import { typedValue } from './render/typed.ts';
import { runTemplate } from './template/execute.ts';
import type { ParsedTemplate } from './template/parser.ts';
import { rawValue } from './template/values.ts';

/** An object of the engine and the shape that templates see it in. */
export interface Inspected {
  /** Absent: templates see the document itself. */
  readonly shape?: 'ContainerInspect' | 'ImageInspect' | 'Network' | 'Volume';
  readonly document: unknown;
  /** Docker's client prints its struct of this kind of object, not what the engine sent. */
  readonly isMarshalled?: true;
}

/** Over the struct first; what that lacks may stand in the document itself. */
function render(template: ParsedTemplate, object: Inspected): string {
  try {
    if (object.shape === undefined) return runTemplate(template, rawValue(object.document), { strictKeys: true });
    return runTemplate(template, typedValue(object.shape, object.document));
  } catch (error) {
    if (object.isMarshalled) throw new ExitFailure(1, `template parsing error: ${messageOf(error)}`);
    try {
      return runTemplate(template, rawValue(object.document), { strictKeys: true });
    } catch (error) {
      throw new ExitFailure(1, `template parsing error: ${messageOf(error)}`);
    }
  }
}

/** A document with its names in order, as Go prints maps; the structs printed so have theirs in that order too. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, inOrder(part)]));
}

/** Go writes what could be taken for markup as escapes. */
function goEscaped(json: string): string {
  return json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

function printed(format: string, objects: readonly Inspected[], texts: readonly string[]): string {
  if (format === '' || format === 'json') {
    const documents = objects.map((object) => (object.isMarshalled ? inOrder(object.document) : object.document));
    const text = JSON.stringify(documents, null, format === '' ? 4 : 0);
    return `${objects.some((object) => object.isMarshalled) ? goEscaped(text) : text}\n`;
  }
  return texts.length === 0 ? '\n' : texts.map((text) => `${text}\n`).join('');
}

/**
 * Inspects objects and prints them; the failures come after what could be printed.
 *
 * @param format what `--format` says
 * @param find fetches one object
 * @throws ExitFailure of status 64 for a template that cannot be parsed, of status 1 when an object is missing
 */
export async function inspectObjects(
  output: Output,
  refs: readonly string[],
  format: string,
  find: (ref: string) => Promise<Inspected>,
): Promise<number> {
  const template = format === '' || format === 'json' ? undefined : parseFormat(format, 64);
  const objects: Inspected[] = [];
  const texts: string[] = [];
  const failures: string[] = [];
  for (const ref of refs) {
    try {
      const object = await find(ref);
      objects.push(object);
      if (template !== undefined) texts.push(render(template, object));
    } catch (error) {
      failures.push(failureText(error));
    }
  }
  output.write(printed(format, objects, texts));
  if (failures.length > 0) throw new ExitFailure(1, failures.join('\n'));
  return 0;
}
