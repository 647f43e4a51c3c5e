import { tarError } from './tar-error.ts';

/** Size of a header and unit of all data, bytes (pax(1), "ustar Interchange Format"). */
export const BLOCK = 512;

/** The fields of one header block, before extended headers are applied. */
export interface HeaderBlock {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly typeFlag: string;
  readonly linkName: string;
  readonly userName: string;
  readonly groupName: string;
  readonly devMajor: number;
  readonly devMinor: number;
}

/** True when all 512 bytes are zero: the mark of an archive's end. */
export function isZeroBlock(block: Buffer): boolean {
  for (let i = 0; i < BLOCK; i++) if (block[i] !== 0) return false;
  return true;
}

/**
 * Decodes a header of the v7, ustar or GNU form.
 *
 * @throws invalid when the checksum is wrong or a number is none
 */
export function parseHeaderBlock(block: Buffer): HeaderBlock {
  checkSum(block);
  const magic = block.toString('latin1', 257, 265);
  const isPosix = magic.startsWith('ustar\0');
  const isGnu = magic === 'ustar  \0';
  const name = text(block, 0, 100);
  // GNU keeps times and sparse maps where ustar has the prefix.
  const prefix = isPosix ? text(block, 345, 155) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8, 'mode') & 0o7777,
    uid: number(block, 108, 8, 'uid'),
    gid: number(block, 116, 8, 'gid'),
    size: number(block, 124, 12, 'size'),
    mtime: number(block, 136, 12, 'mtime'),
    typeFlag: String.fromCharCode(block[156] ?? 0),
    linkName: text(block, 157, 100),
    userName: isPosix || isGnu ? text(block, 265, 32) : '',
    groupName: isPosix || isGnu ? text(block, 297, 32) : '',
    devMajor: isPosix || isGnu ? number(block, 329, 8, 'devmajor') : 0,
    devMinor: isPosix || isGnu ? number(block, 337, 8, 'devminor') : 0,
  };
}

function checkSum(block: Buffer): void {
  let unsigned = 256;
  let signed = 256;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue;
    const byte = block[i]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stored = number(block, 148, 8, 'checksum');
  if (stored !== unsigned && stored !== signed) throw tarError('wrong header checksum');
}

/** The text of a field up to its first zero byte. */
export function text(block: Buffer, offset: number, length: number): string {
  let end = offset;
  const limit = offset + length;
  while (end < limit && block[end] !== 0) end++;
  return end === offset ? '' : block.toString('latin1', offset, end);
}

/** A number in octal digits, or in base 256 when the top bit is set (GNU and star). */
export function number(block: Buffer, offset: number, length: number, what: string): number {
  const first = block[offset]!;
  if (first & 0x80) return base256(block, offset, length, what);
  let value = 0;
  let i = offset;
  const limit = offset + length;
  while (i < limit && (block[i] === 0x20 || block[i] === 0)) i++;
  for (; i < limit; i++) {
    const byte = block[i]!;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37) throw tarError(`${what} is no octal number`);
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

function base256(block: Buffer, offset: number, length: number, what: string): number {
  const negative = (block[offset]! & 0x40) !== 0;
  let value = BigInt.asIntN(7, BigInt(block[offset]! & 0x7f));
  if (!negative) value = BigInt(block[offset]! & 0x3f);
  for (let i = offset + 1; i < offset + length; i++) value = (value << 8n) | BigInt(block[i]!);
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw tarError(`${what} is too large a number`);
  return result;
}
