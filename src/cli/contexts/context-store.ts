/** Docker's contexts on disk: `contexts/meta/<sha256 of the name>/meta.json` and `contexts/tls/<the same>/docker/*.pem`. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import type { CliHost, GlobalOptions } from '../command.ts';

/** The one that is always there: the engine of this machine. */
export const DEFAULT_CONTEXT = 'default';
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;
export const TLS_FILES = ['ca', 'cert', 'key'] as const;
export type TlsFile = (typeof TLS_FILES)[number];

/** One context: `meta.json` as docker writes it. Fields that Berth does not know are kept. */
export interface StoredContext {
  readonly Name: string;
  readonly Metadata: Readonly<Record<string, unknown>>;
  readonly Endpoints: {
    readonly docker?: { readonly Host?: string; readonly SkipTLSVerify: boolean };
    readonly [name: string]: unknown;
  };
}

/** Where contexts are: shared with docker's client, unless a directory of its own was named. */
export function contextFolder(options: Pick<GlobalOptions, 'config'>, env: CliHost['env']): string {
  return join(options.config ?? (env['DOCKER_CONFIG'] || join(homedir(), '.docker')), 'contexts');
}

function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** @throws invalid in docker's words */
export function checkContextName(name: string): void {
  if (name === '') throw new BerthError('invalid', 'context.name', 'context name cannot be empty');
  if (name === DEFAULT_CONTEXT) throw new BerthError('invalid', 'context.name', '"default" is a reserved context name');
  if (NAME.test(name)) return;
  const message = `context name "${name}" is invalid, names are validated against regexp "${NAME.source}"`;
  throw new BerthError('invalid', 'context.name', message);
}

export class ContextStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  metaFolder(name: string): string {
    return join(this.folder, 'meta', idOf(name));
  }

  tlsFolder(name: string): string {
    return join(this.folder, 'tls', idOf(name));
  }

  has(name: string): boolean {
    return existsSync(join(this.metaFolder(name), 'meta.json'));
  }

  /** @throws not-found in docker's words */
  read(name: string): StoredContext {
    try {
      return this.#parse(join(this.metaFolder(name), 'meta.json'));
    } catch (cause) {
      if (!isErrno(cause, 'ENOENT', 'ENOTDIR')) throw cause;
      const path = join(this.metaFolder(name), 'meta.json');
      const reason = `context not found: open ${path}: no such file or directory`;
      throw new BerthError('not-found', 'context.not-found', `context "${name}": ${reason}`, { cause });
    }
  }

  /** All contexts by name; `default` is not among them. */
  list(): StoredContext[] {
    const folder = join(this.folder, 'meta');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .map((id) => join(folder, id, 'meta.json'))
      .filter((path) => existsSync(path))
      .map((path) => this.#parse(path))
      .sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  write(context: StoredContext): void {
    const folder = this.metaFolder(context.Name);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const path = join(folder, 'meta.json');
    writeFileSync(`${path}.new`, JSON.stringify(context), { mode: 0o644 });
    renameSync(`${path}.new`, path);
  }

  remove(name: string): void {
    rmSync(this.metaFolder(name), { recursive: true, force: true });
    rmSync(this.tlsFolder(name), { recursive: true, force: true });
  }

  /** The bytes of the context's TLS files, those that it has. */
  readTls(name: string): Partial<Record<TlsFile, Buffer>> {
    const found: Partial<Record<TlsFile, Buffer>> = {};
    for (const file of TLS_FILES) {
      const path = join(this.tlsFolder(name), 'docker', `${file}.pem`);
      if (existsSync(path)) found[file] = readFileSync(path);
    }
    return found;
  }

  writeTls(name: string, files: Partial<Record<TlsFile, Buffer>>): void {
    rmSync(this.tlsFolder(name), { recursive: true, force: true });
    for (const [file, bytes] of Object.entries(files)) {
      const folder = join(this.tlsFolder(name), 'docker');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, `${file}.pem`), bytes, { mode: 0o600 });
    }
  }

  #parse(path: string): StoredContext {
    const text = readFileSync(path, 'utf8');
    try {
      return JSON.parse(text) as StoredContext;
    } catch (cause) {
      throw new BerthError('invalid', 'context.bad', `${path} is no context: ${messageOf(cause)}`, { cause });
    }
  }
}
