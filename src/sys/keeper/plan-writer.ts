import type { Place } from './plan.ts';
import { PLAN_MAGIC, PLAN_MAX_BYTES, PLAN_VERSION } from './wire.ts';

const HEADER_BYTES = 16;
const OP_HEADER_BYTES = 8;
const ABSENT = 0xffff_ffff_ffff_ffffn;

/** Writes the fields of ops one after the other; layout in native/protocol.h. */
export class PlanWriter {
  #bytes = Buffer.allocUnsafe(16 << 10);
  #at = HEADER_BYTES;
  #opStart = 0;
  #ops = 0;

  begin(opcode: number, side: number, tolerate: readonly number[]): void {
    this.#opStart = this.#at;
    this.#room(OP_HEADER_BYTES + tolerate.length * 2);
    this.#bytes.writeUInt16LE(opcode, this.#at + 4);
    this.#bytes.writeUInt8(side, this.#at + 6);
    this.#bytes.writeUInt8(tolerate.length, this.#at + 7);
    this.#at += OP_HEADER_BYTES;
    for (const errno of tolerate) this.#at = this.#bytes.writeUInt16LE(errno, this.#at);
    this.#ops += 1;
  }

  end(): void {
    this.#bytes.writeUInt32LE(this.#at - this.#opStart, this.#opStart);
  }

  /** Absent values travel as all ones; negative bigints as two's complement. */
  int(value: number | bigint | undefined): this {
    this.#room(8);
    if (value === undefined) this.#bytes.writeBigUInt64LE(ABSENT, this.#at);
    else if (typeof value === 'bigint') this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at);
    else {
      if (!Number.isSafeInteger(value) || value < 0)
        throw new RangeError(`plan: ${value} is not a whole positive number`);
      this.#bytes.writeUInt32LE(value % 0x1_0000_0000, this.#at);
      this.#bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), this.#at + 4);
    }
    this.#at += 8;
    return this;
  }

  flag(value: boolean | undefined): this {
    return this.int(value ? 1 : 0);
  }

  text(value: string): this {
    if (value.includes('\0')) throw new RangeError(`plan: a string holds a NUL byte: ${JSON.stringify(value)}`);
    const length = Buffer.byteLength(value);
    this.#room(length + 5);
    this.#at = this.#bytes.writeUInt32LE(length, this.#at);
    this.#at += this.#bytes.write(value, this.#at);
    this.#bytes[this.#at++] = 0;
    return this;
  }

  blob(value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.#room(bytes.length + 5);
    this.#at = this.#bytes.writeUInt32LE(bytes.length, this.#at);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#bytes[this.#at++] = 0;
    return this;
  }

  texts(values: readonly string[]): this {
    this.#count(values.length);
    for (const value of values) this.text(value);
    return this;
  }

  blobs(values: readonly Uint8Array[]): this {
    this.#count(values.length);
    for (const value of values) this.blob(value);
    return this;
  }

  place(value: Place): this {
    return this.int(value.root).text(value.path);
  }

  finish(): Buffer {
    this.#bytes.writeUInt32LE(PLAN_MAGIC, 0);
    this.#bytes.writeUInt32LE(PLAN_VERSION, 4);
    this.#bytes.writeUInt32LE(this.#at, 8);
    this.#bytes.writeUInt32LE(this.#ops, 12);
    if (this.#at > PLAN_MAX_BYTES) throw new RangeError(`plan: ${this.#at} bytes, at most ${PLAN_MAX_BYTES}`);
    return this.#bytes.subarray(0, this.#at);
  }

  #count(n: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeUInt32LE(n, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
