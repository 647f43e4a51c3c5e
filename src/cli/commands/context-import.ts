/** `context import`: https://docs.docker.com/reference/cli/docker/context/import/ */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { messageOf } from '#base/errors.ts';
import { TarParser } from '#spec/tar/tar-parser.ts';
import type { Context, Invocation } from '../command.ts';
import type { StoredContext, TlsFile } from '../contexts/context-store.ts';
import { ContextStore, checkContextName, contextFolder, TLS_FILES } from '../contexts/context-store.ts';
import { ExitFailure } from '../failure.ts';
import { fileError } from '../file-error.ts';

/** More than any context; docker's own bound. */
const MAXIMUM_BYTES = 10 << 20;

/** The files of an archive by their paths. */
function unpack(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  let path = '';
  let parts: Buffer[] = [];
  const parser = new TarParser({
    entry: (entry) => {
      path = entry.type === 'file' ? entry.path.replace(/^\.\//, '') : '';
      parts = [];
    },
    data: (piece) => void parts.push(Buffer.from(piece)),
    entryEnd: () => {
      if (path !== '') files.set(path, Buffer.concat(parts));
    },
  });
  parser.push(bytes);
  parser.end();
  return files;
}

function metaOf(files: ReadonlyMap<string, Buffer>): StoredContext {
  const text = files.get('meta.json');
  if (text === undefined) throw new ExitFailure(1, 'invalid context: no metadata found');
  try {
    return JSON.parse(text.toString('utf8')) as StoredContext;
  } catch (error) {
    throw new ExitFailure(1, `invalid context: meta.json: ${messageOf(error)}`);
  }
}

function tlsOf(files: ReadonlyMap<string, Buffer>): Partial<Record<TlsFile, Buffer>> {
  const found: Partial<Record<TlsFile, Buffer>> = {};
  for (const [path, bytes] of files) {
    if (path === 'meta.json') continue;
    const file = TLS_FILES.find((each) => path === `tls/docker/${each}.pem`);
    if (file === undefined) throw new ExitFailure(1, `${path}: invalid context file`);
    found[file] = bytes;
  }
  return found;
}

/** @param given as the user wrote it */
function readArchive(path: string, given: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ExitFailure(1, fileError(error, given));
  }
}

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [name, path] = args as [string, string];
  checkContextName(name);
  const store = new ContextStore(contextFolder(context.options, context.env));
  if (store.has(name)) throw new ExitFailure(1, `context "${name}" already exists`);
  const bytes = path === '-' ? await buffer(context.stdin) : readArchive(resolve(context.cwd, path), path);
  if (bytes.length > MAXIMUM_BYTES) throw new ExitFailure(1, 'the archive is too large for a context');
  if (bytes.subarray(0, 2).toString() === 'PK')
    throw new ExitFailure(1, `${path} is a zip archive: only tar archives can be imported`);
  const files = unpack(bytes);
  store.write({ ...metaOf(files), Name: name });
  store.writeTls(name, tlsOf(files));
  context.stdout.write(`${name}\n`);
  context.stderr.write(`Successfully imported context "${name}"\n`);
  return 0;
}
