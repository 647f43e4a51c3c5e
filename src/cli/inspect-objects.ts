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
  readonly shape: 'ContainerInspect' | 'ImageInspect';
  readonly document: unknown;
}

/** Over the struct first; what that lacks may stand in the document itself. */
function render(template: ParsedTemplate, object: Inspected): string {
  try {
    return runTemplate(template, typedValue(object.shape, object.document));
  } catch {
    try {
      return runTemplate(template, rawValue(object.document), { strictKeys: true });
    } catch (error) {
      throw new ExitFailure(1, `template parsing error: ${messageOf(error)}`);
    }
  }
}

function printed(format: string, objects: readonly Inspected[], texts: readonly string[]): string {
  if (format === '' || format === 'json') {
    const documents = objects.map((object) => object.document);
    return `${JSON.stringify(documents, null, format === '' ? 4 : 0)}\n`;
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
