import type { PackageEntry } from '#spec/docker-api/examine.ts';

/** Tags of rpm's headers and the types of their values (rpm's "Package Format V4", "Header"). */
const TAGS = { name: 1000, version: 1001, release: 1002, epoch: 1003, size: 1009, longSize: 5009 } as const;
const INT32 = 4;
const INT64 = 5;
const STRING = 6;
const ENTRY_BYTES = 16;

/**
 * Reads a header as rpm's database has it: counts of index entries and of data bytes, the index, the data; all numbers big-endian.
 *
 * @returns undefined for what is no such header, and for keys, which are kept as if they were packages
 */
export function readRpmHeader(bytes: Uint8Array): PackageEntry | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 8) return undefined;
  const count = view.readUInt32BE(0);
  const data = 8 + count * ENTRY_BYTES;
  if (count > 100_000 || data + view.readUInt32BE(4) > view.length) return undefined;
  const find = (tag: number): string | number | undefined => {
    for (let at = 8; at < data; at += ENTRY_BYTES) {
      if (view.readUInt32BE(at) !== tag) continue;
      return valueAt(view, view.readUInt32BE(at + 4), data + view.readUInt32BE(at + 8));
    }
    return undefined;
  };
  const name = find(TAGS.name);
  const version = find(TAGS.version);
  if (typeof name !== 'string' || typeof version !== 'string' || name === 'gpg-pubkey') return undefined;
  const epoch = find(TAGS.epoch);
  const release = find(TAGS.release);
  const size = find(TAGS.longSize) ?? find(TAGS.size);
  return {
    Name: name,
    Version: `${epoch === undefined ? '' : `${epoch}:`}${version}${release === undefined ? '' : `-${release}`}`,
    Size: typeof size === 'number' ? size : -1,
  };
}

function valueAt(view: Buffer, type: number, at: number): string | number | undefined {
  if (type === INT32 && at + 4 <= view.length) return view.readUInt32BE(at);
  if (type === INT64 && at + 8 <= view.length) return Number(view.readBigUInt64BE(at));
  if (type !== STRING || at >= view.length) return undefined;
  const end = view.indexOf(0, at);
  return view.toString('utf8', at, end < 0 ? view.length : end);
}
