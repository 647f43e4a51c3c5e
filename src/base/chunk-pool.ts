/**
 * Memory for pieces of data on their way from one thread to another, used again and again: a page that is touched for the first time
 * costs the kernel more than the copy into it.
 */

/** Bytes of a piece. */
export const CHUNK_BYTES = 1024 * 1024;

/** Pieces that wait for their next use at most. */
const SPARE_MAX = 16;

const spare: ArrayBuffer[] = [];

/** A piece of memory that is nobody else's, with whatever was in it. It is as large as its buffer, so that all of it can be transferred. */
export function takeChunk(): Buffer {
  const memory = spare.pop();
  return memory === undefined ? Buffer.allocUnsafeSlow(CHUNK_BYTES) : Buffer.from(memory);
}

/** Takes memory for the next {@link takeChunk}, if it is of that size; the caller must not touch it any more. */
export function giveChunk(memory: ArrayBufferLike): void {
  if (!(memory instanceof ArrayBuffer) || memory.byteLength !== CHUNK_BYTES || spare.length >= SPARE_MAX) return;
  spare.push(memory);
}
