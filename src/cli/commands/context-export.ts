/** `context export`: https://docs.docker.com/reference/cli/docker/context/export/ */
import { writeFileSync } from 'node:fs';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import type { Context, Invocation } from '../command.ts';
import { ContextStore, contextFolder, DEFAULT_CONTEXT } from '../contexts/context-store.ts';
import { ExitFailure } from '../failure.ts';
import { fileError } from '../file-error.ts';

function file(path: string, bytes: Buffer, mode: number): Buffer[] {
  const header = encodeTarHeader({ ...plainEntry('file', path), size: bytes.length, mode });
  return [header, bytes, Buffer.alloc(tarPadding(bytes.length))];
}

function folder(path: string): Buffer {
  return encodeTarHeader({ ...plainEntry('directory', path), mode: 0o700 });
}

function archive(store: ContextStore, name: string): Buffer {
  const parts = [...file('meta.json', Buffer.from(JSON.stringify(store.read(name))), 0o644), folder('tls')];
  const files = Object.entries(store.readTls(name));
  if (files.length > 0) parts.push(folder('tls/docker'));
  for (const [each, bytes] of files) parts.push(...file(`tls/docker/${each}.pem`, bytes, 0o600));
  return Buffer.concat([...parts, TAR_END]);
}

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const name = args[0] as string;
  if (name === DEFAULT_CONTEXT)
    throw new ExitFailure(1, 'context "default": default context is not supported for import and export');
  const bytes = archive(new ContextStore(contextFolder(context.options, context.env)), name);
  const path = args[1] ?? `${name}.dockercontext`;
  if (path === '-') {
    if (context.stdout.isTTY === true)
      throw new ExitFailure(1, 'cowardly refusing to export to a terminal, specify a file path');
    context.stdout.write(bytes);
    return 0;
  }
  try {
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new ExitFailure(1, fileError(error, path));
  }
  context.stderr.write(`Written file "${path}"\n`);
  return 0;
}
