/** Finds where in a log a time begins without reading what lies before it. */
import { parseTimeNs } from '#base/time.ts';
import type { LogFile } from './log-files.ts';
import type { LogPart } from './tail.ts';

const BLOCK = 64 * 1024;
/** No keeper writes lines of this length. */
const LONGEST_LINE = 1024 * 1024;
const NEWLINE = 0x0a;
/** Clocks of file systems are coarse. */
const SLACK_NS = 1_000_000_000n;

interface TimedLine {
  readonly start: number;
  readonly ns: bigint;
}

function timeOfLine(line: string): bigint | undefined {
  const text = /"time":"([^"]{1,40})"\}$/.exec(line)?.[1];
  return text === undefined ? undefined : parseTimeNs(text);
}

/** The first whole line with a time that begins at or after a position; undefined when none is near. */
async function lineFrom(file: LogFile, position: number): Promise<TimedLine | undefined> {
  for (let size = BLOCK; size <= LONGEST_LINE; size *= 4) {
    const block = Buffer.allocUnsafe(size);
    const { bytesRead } = await file.handle.read(block, 0, size, position);
    const data = block.subarray(0, bytesRead);
    let start = position === 0 ? 0 : data.indexOf(NEWLINE) + 1;
    if (position > 0 && start === 0) continue;
    for (let end = data.indexOf(NEWLINE, start); end !== -1; end = data.indexOf(NEWLINE, start)) {
      const ns = timeOfLine(data.toString('latin1', start, end));
      // A line without a time is torn: the next one has one.
      if (ns !== undefined) return { start: position + start, ns };
      start = end + 1;
    }
    if (bytesRead < size) return undefined;
  }
  return undefined;
}

/** @returns the beginning of a line; lines before it are earlier than `ns` */
async function offsetOf(file: LogFile, ns: bigint, from: number): Promise<number> {
  let low = from;
  let high = (await file.handle.stat()).size;
  while (high - low > BLOCK) {
    const middle = Math.trunc((low + high) / 2);
    const line = await lineFrom(file, middle);
    if (line === undefined || line.ns >= ns || line.start >= high) high = middle;
    else low = line.start;
  }
  return low;
}

/** True when a file was last written before a time. gzip(1) keeps that of the file it compressed. */
async function endsBefore(file: LogFile, ns: bigint): Promise<boolean> {
  return (await file.handle.stat({ bigint: true })).mtimeNs + SLACK_NS < ns;
}

/**
 * Leaves out what was logged before a time, as far as that is cheap: the lines that are left are still to be looked at. Counts on
 * the times in a log rising; what was logged before a clock was set back may be left out, too.
 *
 * @param parts oldest first
 */
export async function partsSince(parts: readonly LogPart[], ns: bigint): Promise<LogPart[]> {
  const found: LogPart[] = [];
  for (const [index, { file, offset }] of parts.entries()) {
    // The newest one stays, for those who follow it.
    if (index < parts.length - 1 && (await endsBefore(file, ns))) continue;
    found.push({ file, offset: file.compressed ? offset : await offsetOf(file, ns, offset) });
  }
  return found;
}
