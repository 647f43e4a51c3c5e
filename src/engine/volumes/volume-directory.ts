/** Where volumes lie on the disk. A directory without a row is garbage: its creator or its remover was killed. */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fault } from '#base/fault.ts';
import { randomBytes } from '#base/random.ts';
import type { EngineContext } from '../context.ts';
import { isTokenAlive } from '../state/process-token.ts';
import type { VolumeRow } from '../state/volume-table.ts';

/** Beginning of the names that directories get when they are about to be deleted; no volume is called so. */
export const ASIDE = '.removing-';
/** Beginning of the names of directories that are being filled before a volume of that content exists. */
export const UNFINISHED = '.unfinished-';

export function volumesDirectory(root: string): string {
  return join(root, 'volumes');
}

/** What a volume's containers see. */
export function dataDirectory(root: string, name: string): string {
  return join(root, 'volumes', name, '_data');
}

/** Present while the image's content is being copied into the volume: a copy that was interrupted is made again. */
export function fillMarker(root: string, name: string): string {
  return join(root, 'volumes', name, 'filling');
}

/** A name that nobody has for a directory in this process's hands; with its token, so that it is left alone while that lives. */
export function temporaryDirectory(
  { root, token }: Pick<EngineContext, 'root' | 'token'>,
  kind: typeof ASIDE | typeof UNFINISHED,
): string {
  return join(volumesDirectory(root), `${kind}${randomBytes(8).toString('hex')}~${token}`);
}

/** True for a directory of {@link temporaryDirectory} whose process lives. */
export function isInWork(name: string): boolean {
  const token = name.startsWith(ASIDE) || name.startsWith(UNFINISHED) ? name.split('~')[1] : undefined;
  return token !== undefined && isTokenAlive(token);
}

/** Moves a directory out of the way. @returns where it is now; undefined when there is none */
export function putAside(context: EngineContext, directory: string): string | undefined {
  const from = join(volumesDirectory(context.root), directory);
  if (!existsSync(from)) return undefined;
  const to = temporaryDirectory(context, ASIDE);
  renameSync(from, to);
  return to;
}

/** Removes a directory that belongs to nobody; what is left of it when this process ends is taken away by the next sweep. */
export function discard(context: EngineContext, directory: string): void {
  const path = putAside(context, directory);
  if (path !== undefined) context.trees.remove(path).catch(() => undefined);
}

/** Makes the directory of a volume. Call inside the transaction that inserts its row: what has that name belongs to nobody. */
export function makeDirectory(context: EngineContext, name: string): void {
  const { root } = context;
  discard(context, name);
  mkdirSync(volumesDirectory(root), { recursive: true, mode: 0o711 });
  mkdirSync(dataDirectory(root, name), { recursive: true, mode: 0o755 });
}

/** Finishes a rename that somebody began: the directory takes the volume's name. Anybody may, any number of times. */
export function finishRename(context: EngineContext, row: VolumeRow): void {
  if (row.directory === row.name) return;
  const base = volumesDirectory(context.root);
  context.sql.transaction(() => {
    if (context.volumes.get(row.name)?.directory !== row.directory) return;
    if (existsSync(join(base, row.directory))) {
      discard(context, row.name);
      renameSync(join(base, row.directory), join(base, row.name));
    }
    fault('volume-rename.moved');
    context.volumes.setDirectory(row.name, row.name);
  });
}
