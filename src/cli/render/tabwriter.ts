/** Columns as Go's text/tabwriter aligns them: cells end with a tab, a column spans neighbouring lines that have it. */

export interface TabOptions {
  readonly minWidth: number;
  readonly padding: number;
}

const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const c of text) width += ZERO.test(c) ? 0 : WIDE.test(c) ? 2 : 1;
  return width;
}

/** Cells of a line that a tab ends; the last piece belongs to no column. */
type Line = readonly string[];

class Aligner {
  readonly #lines: readonly Line[];
  readonly #options: TabOptions;
  readonly #widths: number[] = [];
  readonly output: string[] = [];

  constructor(lines: readonly Line[], options: TabOptions) {
    this.#lines = lines;
    this.#options = options;
  }

  #write(from: number, to: number): void {
    for (const line of this.#lines.slice(from, to)) {
      const cells = line.map((cell, i) => {
        const width = this.#widths[i];
        return width === undefined || (i === line.length - 1 && i >= this.#widths.length)
          ? cell
          : cell + ' '.repeat(Math.max(width - displayWidth(cell), 0));
      });
      this.output.push(cells.join(''));
    }
  }

  /** Formats lines from `from` to `to`, the columns so far being known. */
  format(from: number, to: number): void {
    const column = this.#widths.length;
    let start = from;
    for (let at = from; at < to; at++) {
      if (column >= (this.#lines[at]?.length ?? 0) - 1) continue;
      this.#write(start, at);
      start = at;
      let width = this.#options.minWidth;
      let end = at;
      for (; end < to; end++) {
        const line = this.#lines[end] ?? [];
        if (column >= line.length - 1) break;
        width = Math.max(width, displayWidth(line[column] ?? '') + this.#options.padding);
      }
      this.#widths.push(width);
      this.format(start, end);
      this.#widths.pop();
      start = end;
      at = end - 1;
    }
    this.#write(start, to);
  }
}

/** Aligns a text; blocks of lines without a tab between them are aligned apart. */
export function alignColumns(text: string, options: TabOptions): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const aligner = new Aligner(lines, options);
  aligner.format(0, lines.length);
  return aligner.output.join('\n');
}
