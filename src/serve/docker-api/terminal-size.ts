import { BerthError } from '#base/errors.ts';
import type { TerminalSize } from '#engine/containers/api.ts';
import type { RequestContext } from './request-context.ts';

function dimension(context: RequestContext, name: string, what: string): number {
  const text = context.text(name) ?? '';
  const value = Number(text);
  const isNumber = /^-?\d+$/.test(text);
  const problem = isNumber ? 'value out of range' : 'invalid syntax';
  if (!isNumber || text.startsWith('-') || value > 65535)
    throw new BerthError('invalid', 'api.resize', `invalid resize ${what} ${JSON.stringify(text)}: ${problem}`);
  return value;
}

/** Reads `h` and `w`. @throws invalid when one is missing or no number of characters */
export function terminalSize(context: RequestContext): TerminalSize {
  return { rows: dimension(context, 'h', 'height'), cols: dimension(context, 'w', 'width') };
}
