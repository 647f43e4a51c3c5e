/**
 * Splits at the first separator.
 *
 * @returns what stands before and after it; `after` is `undefined` when the text has no separator
 */
export function cut(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
