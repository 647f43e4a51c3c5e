/** Looks for the keys that take a terminal away from a container without ending it. */

export interface Scanned {
  /** What is no part of the keys. */
  readonly pass: Buffer;
  readonly detached: boolean;
}

/** Looks for the keys in what is typed. A part of them is held back until it is clear that the rest does not follow. */
export class DetachScanner {
  readonly #keys: Buffer;
  #held = 0;

  constructor(keys: Uint8Array) {
    this.#keys = Buffer.from(keys);
  }

  push(chunk: Buffer): Scanned {
    const keys = this.#keys;
    // The held bytes are the keys' beginning: put them back in front and look at the whole.
    const all = this.#held === 0 ? chunk : Buffer.concat([keys.subarray(0, this.#held), chunk]);
    const at = all.indexOf(keys);
    if (at !== -1) {
      this.#held = 0;
      return { pass: all.subarray(0, at), detached: true };
    }
    this.#held = Math.min(keys.length - 1, all.length);
    while (this.#held > 0 && !all.subarray(all.length - this.#held).equals(keys.subarray(0, this.#held))) this.#held--;
    return { pass: all.subarray(0, all.length - this.#held), detached: false };
  }
}
