import type { Output } from '../command.ts';
import { humanSize } from '../render/human-size.ts';

/** How often the line is drawn, milliseconds. */
const INTERVAL = 75;

const SAVE = '\x1b7';
const RESTORE = '\x1b8';
const HIDE = '\x1b[?25l';
const SHOW = '\x1b[?25h';
const CLEAR_LINE = '\x1b[2K';
const CLEAR_REST = '\x1b[K';

/** Counts the bytes of a copy, and shows the count on a terminal while it grows. */
export class ProgressMeter {
  readonly #output: Output;
  readonly #header: string;
  #timer: NodeJS.Timeout | undefined;
  #shown = 0;
  bytes = 0;

  /** @param header `Copying to container - ` */
  constructor(output: Output, header: string) {
    this.#output = output;
    this.#header = header;
  }

  /** Shows the line, if the output is a terminal. */
  start(): void {
    if (this.#output.isTTY !== true) return;
    this.#output.write(`${SAVE}${HIDE}${CLEAR_LINE}${this.#header}${humanSize(0, 3)}`);
    this.#timer = setInterval(() => this.#draw(), INTERVAL);
  }

  #draw(): void {
    if (this.bytes === this.#shown) return;
    this.#shown = this.bytes;
    this.#output.write(`\x1b[${this.#header.length + 1}G${CLEAR_REST}${humanSize(this.bytes, 3)}`);
  }

  /** Takes the line away. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#output.write(`${SHOW}${RESTORE}${CLEAR_LINE}`);
  }
}
