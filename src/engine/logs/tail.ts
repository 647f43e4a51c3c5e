/** Finds where the last lines of a log begin without reading what lies before them. */
import type { LogFile } from './log-files.ts';
import { uncompressed } from './uncompressed.ts';

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;
/** What every whole message ends in before the line break; a line that a crash has torn seldom does. */
const BRACE = 0x7d;

/** A file of a log and where reading begins in it, in bytes of its uncompressed content. */
export interface LogPart {
  readonly file: LogFile;
  readonly offset: number;
}

/** Looks backwards for the line breaks. @returns offset of the last `lines` lines, and how many there were at most */
async function tailPlain(file: LogFile, lines: number): Promise<{ offset: number; found: number }> {
  const { size } = await file.handle.stat();
  const block = Buffer.allocUnsafe(BLOCK);
  let end = size;
  let found = 0;
  while (end > 0) {
    // With the byte before: whether a line is whole shows there.
    const start = Math.max(0, end - BLOCK + 1);
    const before = start === 0 ? 0 : 1;
    const { bytesRead } = await file.handle.read(block, 0, end - start + before, start - before);
    for (let at = bytesRead - 1; at >= before; at--) {
      if (block[at] !== NEWLINE || block[at - 1] !== BRACE) continue;
      // The break that ends the wanted lines' predecessor is one more than the wanted lines have themselves.
      if (found === lines) return { offset: start - before + at + 1, found };
      found++;
    }
    end = start;
  }
  return { offset: 0, found };
}

/** A compressed file can only be read forwards: every line's beginning passes, the last ones are remembered. */
async function tailCompressed(file: LogFile, lines: number): Promise<{ offset: number; found: number }> {
  const starts: number[] = [0];
  let position = 0;
  let found = 0;
  let last = 0;
  for await (const data of uncompressed(file)) {
    for (let at = data.indexOf(NEWLINE); at !== -1; at = data.indexOf(NEWLINE, at + 1)) {
      if ((at === 0 ? last : data[at - 1]) !== BRACE) continue;
      found++;
      starts.push(position + at + 1);
    }
    position += data.length;
    last = data.at(-1) ?? last;
  }
  return { offset: starts[Math.max(0, found - lines)] ?? 0, found: Math.min(found, lines) };
}

/**
 * @param files oldest first
 * @param lines how many lines at the end are wanted, over all files
 * @returns the files to read and from where, oldest first; files that are not needed are left out
 */
export async function tailParts(files: readonly LogFile[], lines: number): Promise<LogPart[]> {
  const parts: LogPart[] = [];
  let missing = lines;
  for (const file of [...files].reverse()) {
    if (missing === 0 && parts.length > 0) break;
    const { offset, found } = await (file.compressed ? tailCompressed(file, missing) : tailPlain(file, missing));
    missing -= found;
    parts.push({ file, offset });
  }
  return parts.reverse();
}
