import { BerthError } from '#base/errors.ts';
import { type HostPlatform, matchesPlatform } from '#spec/platform.ts';
import {
  familiarReference,
  formatReference,
  fullName,
  parseReferenceOrId,
  type Reference,
  withDefaultTag,
} from '#spec/reference.ts';
import type { ImageRow, ImageTable } from '../metadata/image-table.ts';

/**
 * Finds an image by name, digest, id or unique beginning of an id, in Docker's order.
 *
 * @param platform which image of a name that stands for several
 * @throws not-found ("No such image: x:latest"), invalid for what can be no name
 */
export function resolveImage(table: ImageTable, text: string, platform?: HostPlatform): ImageRow {
  const parsed = parseReferenceOrId(text);
  const id = 'id' in parsed ? parsed.id : (idOfReference(table, parsed, platform) ?? idOfPrefix(table, text));
  const row = id === undefined ? undefined : table.get(id);
  if (row !== undefined) return row;
  throw noSuchImage('id' in parsed ? parsed.id : familiarReference(withDefaultTag(parsed)));
}

export function noSuchImage(name: string): BerthError {
  return new BerthError('not-found', 'image.not-found', `No such image: ${name}`);
}

/** The key of a reference in the table of names: by digest when it has one. */
export function nameKey(reference: Reference): string {
  if (reference.digest !== undefined) return `${fullName(reference)}@${reference.digest}`;
  return formatReference(withDefaultTag(reference));
}

function idOfReference(
  table: ImageTable,
  reference: Reference,
  platform: HostPlatform | undefined,
): string | undefined {
  const name = nameKey(reference);
  const fitting =
    platform === undefined ? undefined : table.platformsOf(name).find((one) => fits(one.platform, platform));
  return fitting?.imageId ?? table.idOfName(name);
}

function idOfPrefix(table: ImageTable, text: string): string | undefined {
  const hex = text.startsWith('sha256:') ? text.slice(7) : text;
  if (!/^[a-f0-9]{1,64}$/.test(hex)) return undefined;
  const found = table.idsWithPrefix(hex);
  return found.length === 1 ? found[0] : undefined;
}

function fits(key: string, wanted: HostPlatform): boolean {
  const [os = '', architecture = '', variant] = key.split('/');
  return matchesPlatform({ os, architecture, variant }, wanted);
}
