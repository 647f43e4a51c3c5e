import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';

/** File: these 8 bytes, the SHA-256 of the rest, the rest. */
const MAGIC = Buffer.from('BERTHSC1');
const HEADER_BYTES = MAGIC.length + 32;
const MAX_ENTRIES = 256;

/** The name under which a filter is kept: everything that decides the compiled bytes goes in. */
export function cacheKey(parts: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(parts, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  return createHash('sha256').update(MAGIC).update(text).digest('hex');
}

/** @returns `undefined` when it is not there, or damaged */
export function readCached(directory: string, key: string): Uint8Array | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(directory, key));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const content = bytes.subarray(HEADER_BYTES);
  const intact =
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    content.length > 0 &&
    bytes.subarray(MAGIC.length, HEADER_BYTES).equals(digest(content));
  return intact ? new Uint8Array(content) : undefined;
}

/** Keeps a filter; a reader sees all of it or nothing. */
export function writeCached(directory: string, key: string, content: Uint8Array): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `.${key}.${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(temporary, Buffer.concat([MAGIC, digest(content), content]), { mode: 0o600, flush: true });
    renameSync(temporary, join(directory, key));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  dropOldest(directory);
}

/** Whoever runs with ever new profiles does not fill the disk. */
function dropOldest(directory: string): void {
  const names = readdirSync(directory);
  if (names.length <= MAX_ENTRIES) return;
  const aged = names.map((name) => ({
    name,
    at: statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  aged.sort((a, b) => a.at - b.at);
  for (const { name } of aged.slice(0, names.length - MAX_ENTRIES)) rmSync(join(directory, name), { force: true });
}

function digest(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
