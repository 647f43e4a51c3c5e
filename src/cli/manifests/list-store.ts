/** Manifest lists that are being put together, each a file beside the client's configuration. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';
import type { RemoteDocument } from '#spec/docker-api/registries.ts';
import { formatReference, parseReference, withDefaultTag } from '#spec/reference.ts';
import type { Context } from '../command.ts';

export interface ListEntry {
  /** Full name that it was added by. */
  readonly name: string;
  readonly document: RemoteDocument;
}

function pathOf({ options, env }: Pick<Context, 'options' | 'env'>, name: string): string {
  const folder = options.config ?? (env['DOCKER_CONFIG'] || join(homedir(), '.docker'));
  return join(folder, 'berth-manifests', `${encodeURIComponent(name)}.json`);
}

/** A name as lists and entries are kept under: completed, with a tag or a digest. */
export function manifestName(given: string): string {
  return formatReference(withDefaultTag(parseReference(given)));
}

/** @returns undefined when there is no such list */
export async function readList(context: Context, name: string): Promise<readonly ListEntry[] | undefined> {
  try {
    return JSON.parse(await readFile(pathOf(context, name), 'utf8')) as readonly ListEntry[];
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

export async function writeList(context: Context, name: string, entries: readonly ListEntry[]): Promise<void> {
  const path = pathOf(context, name);
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, JSON.stringify(entries), { mode: 0o600 });
  await rename(fresh, path);
}

/** @returns false when there was none */
export async function removeList(context: Context, name: string): Promise<boolean> {
  try {
    await rm(pathOf(context, name));
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
