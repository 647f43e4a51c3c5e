/** Prints the progress messages of load, import and pull: bars that move on a terminal, plain lines elsewhere. */
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { Output } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { humanSize } from '../render/human-size.ts';
import { write } from './output.ts';

const CLEAR_LINE = '\x1b[2K';

interface Detail {
  readonly current: number;
  readonly total: number;
  readonly units: string;
}

function detailOf(message: ProgressMessage): Detail | undefined {
  if (message.progressDetail === undefined) return undefined;
  const { current = 0, total = 0, units = '' } = message.progressDetail;
  return { current, total, units };
}

function counts({ current, total, units }: Detail): string {
  if (units !== '') return current > total ? `${current} ${units}` : `${current}/${total} ${units}`;
  const shown = humanSize(current).padStart(8);
  return current > total ? shown : `${shown}/${humanSize(total)}`;
}

/** @param width columns of the terminal: a bar needs more than 110 */
function bar(detail: Detail, width: number): string {
  const { current, total, units } = detail;
  if (current <= 0 && total <= 0) return '';
  if (total <= 0) return units === '' ? humanSize(current).padStart(8) : `${current} ${units}`;
  const half = Math.min(50, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const box = width > 110 ? `[${'='.repeat(half)}>${' '.repeat(50 - half)}] ` : '';
  return box + counts(detail);
}

function lineOf(message: ProgressMessage, output: Output): string {
  const isTerminal = output.isTTY === true;
  const detail = detailOf(message);
  const stream = message.stream ?? '';
  const isMoving = isTerminal && stream === '' && detail !== undefined;
  if (!isMoving && detail !== undefined && bar(detail, 200) !== '') return '';
  const start = isMoving ? `${CLEAR_LINE}\r` : '';
  const end = isMoving ? '\r' : '';
  const id = message.id ? `${message.id}: ` : '';
  if (detail !== undefined && isTerminal)
    return `${start}${id}${message.status ?? ''} ${bar(detail, output.columns ?? 200)}${end}`;
  if (stream !== '') return `${id}${stream}${end}`;
  return `${start}${id}${message.status ?? ''}${end}\n`;
}

/**
 * Prints messages until they end.
 *
 * @throws ExitFailure of status 1 for the failure that a message carries
 */
export async function showProgress(messages: AsyncIterable<ProgressMessage>, output: Output): Promise<void> {
  // The line of each id, counted from the first; anything without progress begins a new count.
  let lines = new Map<string, number>();
  for await (const message of messages) {
    const failure = message.errorDetail?.message ?? message.error;
    if (failure !== undefined) throw new ExitFailure(1, failure);
    if (message.aux !== undefined && message.aux !== null) continue;
    let up = 0;
    let text = '';
    if (message.id && detailOf(message) !== undefined) {
      if (!lines.has(message.id)) {
        lines.set(message.id, lines.size);
        if (output.isTTY) text += '\n';
      }
      up = lines.size - (lines.get(message.id) ?? 0);
    } else lines = new Map();
    const isPlaced = output.isTTY === true && message.id !== undefined && up > 0;
    text += isPlaced ? `\x1b[${up}A${lineOf(message, output)}\x1b[${up}B` : lineOf(message, output);
    if (text !== '') await write(output, text);
  }
}

/** Where progress goes that nobody wants to see. */
export const silent = { write: () => true } as unknown as Output;
