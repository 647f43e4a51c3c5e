import type { MessagePort } from 'node:worker_threads';
import { CHUNK_BYTES, giveChunk } from '#base/chunk-pool.ts';

/** Pieces on their way to the other thread at once. */
const CREDITS = 4;

type Message =
  | { readonly piece: Uint8Array }
  | { readonly end: true }
  | { readonly failure: string }
  | { readonly more: number; readonly back?: ArrayBuffer }
  | { readonly note: true }
  | { readonly stop: true };

/** The reader went away before the end. */
export class PortClosed extends Error {}

/**
 * Sends pieces through a port no faster than the other side takes them. Each piece's memory goes over to the other side when it
 * is all of its buffer.
 *
 * @param onNote called for each {@link sendNote} of the other side
 * @throws PortClosed when the reader stops
 */
export async function sendBytes(
  port: MessagePort,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onNote?: () => void,
): Promise<void> {
  let credits = CREDITS;
  let stopped = false;
  let wake: (() => void) | undefined;
  const stop = () => {
    stopped = true;
    wake?.();
  };
  port.on('message', (message: Message) => {
    if ('more' in message) {
      credits += message.more;
      if (message.back !== undefined) giveChunk(message.back);
    }
    if ('stop' in message) stopped = true;
    if ('note' in message) onNote?.();
    wake?.();
  });
  port.on('close', stop);
  try {
    for await (const piece of pieces) {
      while (credits === 0 && !stopped) await new Promise<void>((resolve) => (wake = resolve));
      if (stopped) throw new PortClosed('the reader went away');
      credits -= 1;
      // A view would take all of the memory behind it along: send just these bytes, in memory of their own.
      const isWhole = piece.byteLength === piece.buffer.byteLength && piece.buffer instanceof ArrayBuffer;
      const own = isWhole ? piece : new Uint8Array(piece);
      port.postMessage({ piece: own } satisfies Message, [own.buffer as ArrayBuffer]);
    }
    port.postMessage({ end: true } satisfies Message);
  } catch (error) {
    if (error instanceof PortClosed) throw error;
    port.postMessage({ failure: error instanceof Error ? error.message : String(error) } satisfies Message);
    throw error;
  }
}

/** Tells the sender that something has happened, against the flow of the bytes. */
export function sendNote(port: MessagePort): void {
  port.postMessage({ note: true } satisfies Message);
}

/** The pieces that {@link sendBytes} sends from the other side. Leaving the loop early tells the sender to stop. */
export function receiveBytes(port: MessagePort): AsyncIterable<Uint8Array> & { reuse(): void } {
  const options = { reuses: false };
  return {
    [Symbol.asyncIterator]: () => receive(port, options),
    /** From now on a piece is valid until the next one is asked for; its memory goes back to the sender then. */
    reuse: () => {
      options.reuses = true;
    },
  };
}

async function* receive(
  port: MessagePort,
  options: { readonly reuses: boolean },
): AsyncGenerator<Uint8Array, void, void> {
  const queue: Message[] = [];
  let wake: (() => void) | undefined;
  let finished = false;
  port.on('message', (message: Message) => {
    queue.push(message);
    wake?.();
  });
  port.on('close', () => {
    queue.push({ failure: 'the sender went away' });
    wake?.();
  });
  try {
    for (;;) {
      const message = queue.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        wake = undefined;
        continue;
      }
      if ('end' in message) {
        finished = true;
        return;
      }
      if ('failure' in message) {
        finished = true;
        throw new Error(message.failure);
      }
      if ('piece' in message) {
        const memory = message.piece.buffer;
        yield message.piece;
        const goesBack = options.reuses && memory instanceof ArrayBuffer && memory.byteLength === CHUNK_BYTES;
        if (goesBack) port.postMessage({ more: 1, back: memory } satisfies Message, [memory]);
        else port.postMessage({ more: 1 } satisfies Message);
      }
    }
  } finally {
    if (!finished) port.postMessage({ stop: true } satisfies Message);
    port.close();
  }
}
