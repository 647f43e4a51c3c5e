import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';
import type { LinuxSeccomp } from '#spec/oci-runtime/config.ts';
import { compileSeccomp, type SeccompFilter } from './compile.ts';
import { installedLibseccomp } from './libseccomp.ts';

/** File: these 8 bytes, the flags, the program's length, the program. Counts up when what a name stands for changes. */
const MAGIC = Buffer.from('BERTHSN2');
const HEADER_BYTES = MAGIC.length + 8;

/**
 * A filter that is known by name, such as Docker's default profile for one set of capabilities: when it was compiled before,
 * its description, some 30 kB, is neither made nor hashed.
 *
 * @param name what decides the filter besides the library and the machine: letters, digits, dots and hyphens
 * @param describe makes the description when the filter is not there yet; without notify rules
 * @throws as {@link compileSeccomp}
 */
export async function namedFilter(
  name: string,
  describe: () => LinuxSeccomp,
  cacheDir: string,
): Promise<SeccompFilter> {
  const path = join(cacheDir, `${name}-${arch()}-${installedLibseccomp() ?? 'none'}`);
  const known = inMemory?.path === path ? inMemory.filter : read(path);
  if (known !== undefined) {
    inMemory = { path, filter: known };
    return known;
  }
  const compiled = await compileSeccomp(describe(), cacheDir);
  write(path, cacheDir, compiled);
  return compiled;
}

/** The one that was asked for last: most containers have the same. */
let inMemory: { readonly path: string; readonly filter: SeccompFilter } | undefined;

function read(path: string): SeccompFilter | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const program = bytes.subarray(HEADER_BYTES);
  if (program.length === 0 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(MAGIC.length + 4) !== program.length) return undefined;
  return { filter: new Uint8Array(program), flags: bytes.readUInt32LE(MAGIC.length), listener: undefined };
}

/** A reader sees all of it or nothing. */
function write(path: string, directory: string, { filter, flags }: SeccompFilter): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(flags, MAGIC.length);
  header.writeUInt32LE(filter.length, MAGIC.length + 4);
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, Buffer.concat([header, filter]), { mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
