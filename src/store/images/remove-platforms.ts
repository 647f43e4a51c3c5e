import { BerthError } from '#base/errors.ts';
import { shortId } from '#base/ids.ts';
import type { ImageDeleteItem } from '#spec/docker-api/images.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { type HostPlatform, hostPlatform, matchesPlatform, platformKey } from '#spec/platform.ts';
import { familiarReference, parseReference } from '#spec/reference.ts';
import { deleteUnnamed, type RemoveImageParts } from './remove-image.ts';
import { resolveImage } from './resolve.ts';

/**
 * Removes what the names of an image stand for on some platforms, as `docker rmi --platform` does. A name goes with the last
 * image behind it.
 *
 * @param text a name, or an id: then all names of that image are meant
 * @throws not-found when nothing is here for a platform, conflict when a container uses it; nothing is removed then
 */
export async function removePlatforms(
  parts: RemoveImageParts,
  text: string,
  platforms: readonly HostPlatform[],
  force: boolean,
): Promise<ImageDeleteItem[]> {
  const items: ImageDeleteItem[] = [];
  parts.transact(() => {
    for (const platform of platforms) removePlatform(parts, text, platform, force, items);
  });
  for (const layer of (await parts.collect()).layers) items.push({ Deleted: layer });
  return items;
}

function removePlatform(
  parts: RemoveImageParts,
  text: string,
  platform: HostPlatform,
  force: boolean,
  items: ImageDeleteItem[],
): void {
  const { table } = parts;
  const names = table.namesOf(resolveImage(table, text).id);
  const { id, config } = resolveImage(table, text, platform);
  if (!matchesPlatform(parseImageConfig(config), platform)) {
    const words = `image with reference ${text} was found but does not provide the specified platform (${platformKey(platform)})`;
    throw new BerthError('not-found', 'image.platform', words);
  }
  checkUsers(parts, id, force);
  for (const name of names) {
    const others = table.platformsOf(name).filter(({ imageId }) => imageId !== id);
    table.deletePlatforms(name, id);
    if (table.idOfName(name) !== id) continue;
    const next = others.find(({ imageId }) => fitsHost(parts, imageId)) ?? others[0];
    if (next !== undefined) table.moveName(name, next.imageId);
    else {
      table.deleteName(name);
      items.push({ Untagged: familiarReference(parseReference(name)) });
    }
  }
  // What stopped containers use goes too then: their layers stay.
  deleteUnnamed(force ? { ...parts, users: () => [] } : parts, id, items);
}

function fitsHost({ table }: RemoveImageParts, id: string): boolean {
  const config = table.get(id)?.config;
  return config !== undefined && matchesPlatform(parseImageConfig(config), hostPlatform());
}

function checkUsers({ users }: RemoveImageParts, id: string, force: boolean): void {
  const found = users(id);
  const user = found.find(({ isRunning }) => isRunning) ?? (force ? undefined : found[0]);
  if (user === undefined) return;
  const how = user.isRunning ? 'cannot be forced' : 'must be forced';
  const who = `image is being used by ${user.isRunning ? 'running' : 'stopped'} container ${shortId(user.id)}`;
  throw new BerthError('conflict', 'image.in-use', `conflict: unable to delete ${shortId(id)} (${how}) - ${who}`);
}
