const LIMIT = 4096;
const HEADER = 8;

/** The first 4096 bytes of what a probe says, out of Docker's frames; more is marked with three dots, as in Docker. */
export class ProbeOutput {
  readonly #parts: Buffer[] = [];
  #length = 0;
  #isCut = false;
  #pending: Buffer = Buffer.alloc(0);

  /** Takes a piece of the stream: frames of 8 bytes of header (length in the last four, big-endian) and a payload. */
  add(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      if (this.#pending.length < HEADER) return;
      const end = HEADER + this.#pending.readUInt32BE(HEADER - 4);
      if (this.#pending.length < end) return;
      this.#keep(this.#pending.subarray(HEADER, end));
      this.#pending = this.#pending.subarray(end);
    }
  }

  #keep(payload: Buffer): void {
    const room = LIMIT - this.#length;
    if (payload.length > room) this.#isCut = true;
    if (room <= 0) return;
    // A copy: the chunk it lies in may be large.
    this.#parts.push(Buffer.from(payload.subarray(0, room)));
    this.#length += Math.min(room, payload.length);
  }

  toString(): string {
    return `${Buffer.concat(this.#parts).toString()}${this.#isCut ? '...' : ''}`;
  }
}
