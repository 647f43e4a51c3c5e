/** Attributes of netlink messages: length and type in 16 bits each, the value, padding to four bytes (netlink(7)). Host order is little endian. */

const HEADER = 4;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** One attribute. @throws RangeError for a value that no attribute can hold */
export function attribute(type: number, value: Uint8Array): Buffer {
  const length = HEADER + value.length;
  if (length > 0xffff) throw new RangeError(`attribute ${type} has ${value.length} bytes`);
  const bytes = Buffer.alloc((length + 3) & ~3);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, HEADER);
  return bytes;
}

/** Attributes within an attribute. */
export function nested(type: number, ...parts: readonly Uint8Array[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(parts));
}

/** A name, with the zero byte that ends it. */
export function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`));
}

/** A number of 8 bits. */
export function u8(type: number, value: number): Buffer {
  return attribute(type, Buffer.of(value));
}

/** A number of 16 bits in host order. */
export function u16(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return attribute(type, bytes);
}

/** A number of 32 bits in host order. */
export function u32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return attribute(type, bytes);
}

/**
 * Takes attributes apart. What is cut off or claims more than there is ends the reading: bytes from the kernel are whole, and
 * others must do no harm.
 *
 * @returns values by type, of several with one type the last
 */
export function parseAttributes(bytes: Buffer): Map<number, Buffer> {
  return new Map(eachAttribute(bytes));
}

/** The values of a list, whose attributes all have one type; read as {@link parseAttributes} does. */
export function attributesIn(bytes: Buffer): Buffer[] {
  return [...eachAttribute(bytes)].map(([, value]) => value);
}

function* eachAttribute(bytes: Buffer): Generator<[type: number, value: Buffer]> {
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < HEADER || at + length > bytes.length) return;
    yield [bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + HEADER, at + length)];
    at += (length + 3) & ~3;
  }
}

/** A string attribute's value without the zero byte at its end. */
export function textOf(value: Buffer | undefined): string {
  return value === undefined ? '' : value.toString('utf8').replace(/\0.*$/s, '');
}

/** A 32-bit attribute's value; undefined when it is absent or too short. */
export function numberOf(value: Buffer | undefined): number | undefined {
  return value === undefined || value.length < 4 ? undefined : value.readUInt32LE(0);
}
