import { BerthError } from '#base/errors.ts';
import { shortId } from '#base/ids.ts';
import type { ImageDeleteItem } from '#spec/docker-api/images.ts';
import { familiarName, fullName, parseReference, type Reference } from '#spec/reference.ts';
import type { Collected } from '../gc.ts';
import type { ImageTable } from '../metadata/image-table.ts';
import { nameKey, resolveImage } from './resolve.ts';

/** A container as images see it. */
export interface ImageUser {
  readonly id: string;
  /** Running or paused. */
  readonly isRunning: boolean;
}

export interface RemoveImageParts {
  readonly table: ImageTable;
  /** Containers made from an image. */
  readonly users: (imageId: string) => readonly ImageUser[];
  /** Runs a change of the table as one transaction. */
  readonly transact: <T>(work: () => T) => T;
  readonly collect: () => Promise<Collected>;
}

export interface RemoveImageOptions {
  readonly force?: boolean;
  /** Keep parents that have no name and no other use. */
  readonly noPrune?: boolean;
}

/**
 * Takes a name from an image, and removes the image with its last name, as `docker rmi` does.
 *
 * @throws not-found, or conflict with Docker's words when something still needs it
 */
export async function removeImage(
  parts: RemoveImageParts,
  text: string,
  options: RemoveImageOptions = {},
): Promise<ImageDeleteItem[]> {
  const items: ImageDeleteItem[] = [];
  const isGone = parts.transact(() => untagOrDelete(parts, text, options, items));
  if (isGone) for (const layer of (await parts.collect()).layers) items.push({ Deleted: layer });
  return items;
}

function untagOrDelete(
  parts: RemoveImageParts,
  text: string,
  { force = false, noPrune = false }: RemoveImageOptions,
  items: ImageDeleteItem[],
): boolean {
  const { table } = parts;
  const { id } = resolveImage(table, text);
  const names = table.namesOf(id).map(parseReference);
  const others: string[] = [];
  const untag = (reference: Reference) => {
    others.push(...table.deleteName(nameKey(reference)));
    items.push({ Untagged: describe(reference) });
  };
  const isGone = untagAndDelete(parts, text, { force, noPrune }, { id, names, untag }, items);
  const wereGone = others.filter((other) => other !== id && deleteUnnamed(parts, other, items));
  return isGone || wereGone.length > 0;
}

/** Deletes an image for another platform with the last name that stood for it. @returns whether it is gone now */
export function deleteUnnamed({ table, users }: RemoveImageParts, id: string, items: ImageDeleteItem[]): boolean {
  const isNeeded =
    table.namesOf(id).length > 0 ||
    table.isPlatformOfName(id) ||
    users(id).length > 0 ||
    table.childrenOf(id).length > 0;
  if (isNeeded || table.get(id) === undefined) return false;
  table.delete(id);
  items.push({ Deleted: id });
  return true;
}

interface Untagging {
  readonly id: string;
  readonly names: readonly Reference[];
  readonly untag: (reference: Reference) => void;
}

function untagAndDelete(
  parts: RemoveImageParts,
  text: string,
  { force = false, noPrune = false }: RemoveImageOptions,
  { id, names, untag }: Untagging,
  items: ImageDeleteItem[],
): boolean {
  const { table } = parts;
  const isById = id === text || id.slice('sha256:'.length).startsWith(text) || id.startsWith(text);
  if (isById) {
    if (isSingleReference(names)) {
      checkConflict(parts, id, { force, ignoreNames: true });
      for (const name of names) untag(name);
    }
    return deleteImage(parts, id, { force, prune: !noPrune, quiet: false }, items);
  }
  const wanted = parseReference(text);
  if (!force && isSingleReference(names)) {
    const user = parts.users(id)[0];
    if (user !== undefined) {
      const words = `conflict: unable to remove repository reference "${text}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(id)}`;
      throw new BerthError('conflict', 'image.in-use', words);
    }
  }
  untag(wanted.digest === undefined ? { ...wanted, tag: wanted.tag ?? 'latest' } : { ...wanted, tag: undefined });
  if (wanted.digest === undefined) untagOrphanedDigests(table, id, wanted, untag);
  if (table.namesOf(id).length > 0) return false;
  return deleteImage(parts, id, { force, prune: !noPrune, quiet: true }, items);
}

/** Digests of a repository go with its last tag. */
function untagOrphanedDigests(
  table: ImageTable,
  id: string,
  removed: Reference,
  untag: (reference: Reference) => void,
): void {
  const left = table
    .namesOf(id)
    .map(parseReference)
    .filter((name) => fullName(name) === fullName(removed));
  if (left.some(({ digest }) => digest === undefined)) return;
  for (const name of left) untag(name);
}

interface DeleteOptions {
  readonly force: boolean;
  readonly prune: boolean;
  /** A conflict with a user only keeps the image; it is no failure. */
  readonly quiet: boolean;
}

function deleteImage(parts: RemoveImageParts, id: string, options: DeleteOptions, items: ImageDeleteItem[]): boolean {
  const { table } = parts;
  const names = table.namesOf(id);
  try {
    checkConflict(parts, id, { force: options.force, ignoreNames: false });
  } catch (error) {
    const isUsed = error instanceof BerthError && error.code === 'image.in-use';
    if (options.quiet && (names.length > 0 || isUsed || table.childrenOf(id).length > 0)) return false;
    throw error;
  }
  const others: string[] = [];
  for (const name of names) {
    others.push(...table.deleteName(name));
    items.push({ Untagged: describe(parseReference(name)) });
  }
  const parent = table.get(id)?.parent ?? '';
  table.delete(id);
  items.push({ Deleted: id });
  for (const other of others) if (other !== id) deleteUnnamed(parts, other, items);
  if (options.prune && parent !== '' && table.get(parent) !== undefined) {
    deleteImage(parts, parent, { force: false, prune: true, quiet: true }, items);
  }
  return true;
}

function checkConflict(
  parts: RemoveImageParts,
  id: string,
  { force, ignoreNames }: { readonly force: boolean; readonly ignoreNames: boolean },
): void {
  const conflict = (code: string, how: 'must be forced' | 'cannot be forced', why: string) =>
    new BerthError('conflict', code, `conflict: unable to delete ${shortId(id)} (${how}) - ${why}`);
  if (parts.table.childrenOf(id).length > 0) {
    throw conflict('image.has-children', 'cannot be forced', 'image has dependent child images');
  }
  const users = parts.users(id);
  const running = users.find(({ isRunning }) => isRunning);
  if (running !== undefined) {
    throw conflict(
      'image.in-use',
      'cannot be forced',
      `image is being used by running container ${shortId(running.id)}`,
    );
  }
  if (force) return;
  if (!ignoreNames && parts.table.namesOf(id).length > 0) {
    throw conflict('image.has-names', 'must be forced', 'image is referenced in multiple repositories');
  }
  const stopped = users[0];
  if (stopped !== undefined) {
    throw conflict('image.in-use', 'must be forced', `image is being used by stopped container ${shortId(stopped.id)}`);
  }
}

/** At most one tag, and everything in one repository. */
function isSingleReference(names: readonly Reference[]): boolean {
  if (names.filter(({ digest }) => digest === undefined).length > 1) return false;
  return new Set(names.map(fullName)).size <= 1;
}

function describe(reference: Reference): string {
  const name = familiarName(reference);
  return reference.digest === undefined ? `${name}:${reference.tag}` : `${name}@${reference.digest}`;
}
