/** Reads files of a log through a scanner. */
import { BerthError } from '#base/errors.ts';
import type { LineScanner } from './line-scanner.ts';
import type { LogPart } from './tail.ts';
import { uncompressed } from './uncompressed.ts';

const CHUNK = 1024 * 1024;
/** No keeper writes lines of this length. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** Bytes read but not yet used, in one buffer that is filled from behind. */
export class LineBuffer {
  #data = Buffer.allocUnsafeSlow(CHUNK);
  #length = 0;

  get pending(): number {
    return this.#length;
  }

  /** The free room behind what is there; never empty. */
  free(): { readonly data: Buffer; readonly offset: number; readonly length: number } {
    if (this.#length === this.#data.length) {
      if (this.#length >= LONGEST_LINE)
        throw new BerthError('data-loss', 'log.line', `a line of the log is longer than ${LONGEST_LINE} bytes`);
      const larger = Buffer.allocUnsafeSlow(this.#data.length * 2);
      this.#data.copy(larger);
      this.#data = larger;
    }
    return { data: this.#data, offset: this.#length, length: this.#data.length - this.#length };
  }

  /** `count` bytes were put into the free room: converts what makes complete lines. */
  added(count: number, scanner: LineScanner): Buffer {
    this.#length += count;
    const { output, used } = scanner.scan(this.#data, this.#length);
    this.#data.copyWithin(0, used, this.#length);
    this.#length -= used;
    return output;
  }

  /** Forgets a line that never got its end. */
  drop(): void {
    this.#length = 0;
  }
}

async function* readCompressed(part: LogPart, lines: LineBuffer, scanner: LineScanner): AsyncGenerator<Buffer> {
  let skip = part.offset;
  for await (const chunk of uncompressed(part.file)) {
    let data = chunk;
    const skipped = Math.min(skip, data.length);
    skip -= skipped;
    data = data.subarray(skipped);
    while (data.length > 0 && !scanner.ended) {
      const room = lines.free();
      const count = data.copy(room.data, room.offset, 0, room.length);
      data = data.subarray(count);
      const output = lines.added(count, scanner);
      if (output.length > 0) yield output;
    }
    if (scanner.ended) break;
  }
  lines.drop();
}

/**
 * Converts a part of a log to its present end.
 *
 * @param lines keeps an unfinished line for the next call; give the same one when the file grows
 * @returns (as the generator's value) the offset up to which the file was read
 */
export async function* readPart(
  part: LogPart,
  lines: LineBuffer,
  scanner: LineScanner,
  abort?: AbortSignal,
): AsyncGenerator<Buffer, number> {
  if (part.file.compressed) {
    yield* readCompressed(part, lines, scanner);
    return part.offset;
  }
  let position = part.offset;
  while (!scanner.ended && !abort?.aborted) {
    const room = lines.free();
    const { bytesRead } = await part.file.handle.read(room.data, room.offset, room.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const output = lines.added(bytesRead, scanner);
    if (output.length > 0) yield output;
  }
  return position;
}
