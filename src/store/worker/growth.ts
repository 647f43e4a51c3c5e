/**
 * How far files have come that one thread writes while others read them. Lives in memory that the threads share: nothing is
 * sent, and a reader that is behind costs the writer nothing.
 */

/** Files at once; later ones are not told of. */
const FILES_MAX = 256;

/** Words of the control block. */
const VERSION = 0;
const BEGUN = 1;
const TAKEN = 2;
const STATE = 3;
const CONTROL_BYTES = 16;

const OPEN = 0;
const ENDED = 1;
const FAILED = 2;

/** What the writer broke off. */
export class GrowthFailed extends Error {}

interface Parts {
  readonly control: Int32Array;
  /** Bytes of each file. */
  readonly sizes: BigInt64Array;
  /** The number that is each file's name, and whether all of it is there. */
  readonly names: Int32Array;
  readonly whole: Int32Array;
}

function partsOf(shared: SharedArrayBuffer): Parts {
  const numbers = CONTROL_BYTES + FILES_MAX * 8;
  return {
    control: new Int32Array(shared, 0, 4),
    sizes: new BigInt64Array(shared, CONTROL_BYTES, FILES_MAX),
    names: new Int32Array(shared, numbers, FILES_MAX),
    whole: new Int32Array(shared, numbers + FILES_MAX * 4, FILES_MAX),
  };
}

/** The memory for both sides. */
export function shareGrowth(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + FILES_MAX * 16);
}

function wake(control: Int32Array): void {
  Atomics.add(control, VERSION, 1);
  Atomics.notify(control, VERSION);
}

/** The side that writes the files, one after the other. */
export class GrowthWriter {
  readonly #parts: Parts;
  #at = -1;

  constructor(shared: SharedArrayBuffer) {
    this.#parts = partsOf(shared);
  }

  /** @returns false when there is no room to tell of one more file */
  begin(name: number): boolean {
    if (this.#at + 1 >= FILES_MAX) return false;
    this.#at += 1;
    this.#parts.names[this.#at] = name;
    Atomics.store(this.#parts.control, BEGUN, this.#at + 1);
    wake(this.#parts.control);
    return true;
  }

  /** Bytes are in the file. */
  grow(bytes: number): void {
    Atomics.add(this.#parts.sizes, this.#at, BigInt(bytes));
    wake(this.#parts.control);
  }

  /** The file is whole. */
  complete(): void {
    Atomics.store(this.#parts.whole, this.#at, 1);
    wake(this.#parts.control);
  }

  /** No more files come; `failed`: nor the rest of the present one. */
  end(failed: boolean): void {
    Atomics.store(this.#parts.control, STATE, failed ? FAILED : ENDED);
    wake(this.#parts.control);
  }
}

/** A file that grows, for the one reader that took it. */
export interface GrowingFile {
  readonly name: number;
  /** Waits until there are more bytes than that. @returns how many there are: no more than that at the end. @throws GrowthFailed */
  readonly beyond: (size: number) => Promise<number>;
}

/** Takes the next file that nobody reads yet; undefined when no more will come. @throws GrowthFailed */
export async function takeGrowing(shared: SharedArrayBuffer): Promise<GrowingFile | undefined> {
  const { control, sizes, names, whole } = partsOf(shared);
  for (;;) {
    const version = Atomics.load(control, VERSION);
    const taken = Atomics.load(control, TAKEN);
    if (taken < Atomics.load(control, BEGUN)) {
      if (Atomics.compareExchange(control, TAKEN, taken, taken + 1) !== taken) continue;
      const beyond = async (size: number) => {
        for (;;) {
          const seen = Atomics.load(control, VERSION);
          const isWhole = Atomics.load(whole, taken) === 1;
          const now = Number(Atomics.load(sizes, taken));
          if (now > size || isWhole) return now;
          await next(control, seen);
        }
      };
      return { name: names[taken]!, beyond };
    }
    if (Atomics.load(control, STATE) === ENDED) return undefined;
    await next(control, version);
  }
}

/** Waits for a later version. The thread does other jobs meanwhile. */
async function next(control: Int32Array, version: number): Promise<void> {
  if (Atomics.load(control, STATE) !== OPEN) {
    if (Atomics.load(control, STATE) === FAILED) throw new GrowthFailed('the file will not become whole');
    if (Atomics.load(control, VERSION) === version) throw new GrowthFailed('the writer ended too early');
  }
  await Atomics.waitAsync(control, VERSION, version).value;
}
