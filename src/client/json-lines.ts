import type { Readable } from 'node:stream';

/**
 * Splits a byte stream into JSON documents separated by white space, as Docker's progress, event and statistics streams are.
 * A document never contains a raw line break; the last one may lack its own.
 */
export async function* parseJsonLines<T>(stream: Readable): AsyncGenerator<T, void, undefined> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    let from = 0;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', from)) {
      const line = rest.slice(from, end).trim();
      from = end + 1;
      if (line !== '') yield JSON.parse(line) as T;
    }
    rest = rest.slice(from);
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield JSON.parse(rest) as T;
}
