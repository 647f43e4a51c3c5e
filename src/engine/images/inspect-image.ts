import { BerthError } from '#base/errors.ts';
import { formatTimeNs, parseTimeNs, ZERO_TIME } from '#base/time.ts';
import type { ImageHistoryItem, ImageInspect, ImageRunConfig } from '#spec/docker-api/images.ts';
import type { ImagePlatform } from './api.ts';
import { splitNames } from './image-names.ts';
import type { ImageStorage, StoredImageFacts } from './image-storage.ts';

/** What an image says to its containers, without what it leaves unsaid. */
function withoutEmpty(config: ImageRunConfig): ImageRunConfig {
  const isEmpty = (value: unknown) =>
    value === null ||
    value === undefined ||
    value === '' ||
    value === false ||
    (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(config).filter(([, value]) => !isEmpty(value)));
}

/** @throws not-found when the image is for another platform than the one asked for */
export function checkPlatform(image: StoredImageFacts, platform: ImagePlatform | undefined, ref: string): void {
  if (platform === undefined) return;
  const { os, architecture, variant } = image.config;
  const differs =
    (platform.os !== undefined && platform.os !== os) ||
    (platform.architecture !== undefined && platform.architecture !== architecture) ||
    (platform.variant !== undefined && variant !== undefined && platform.variant !== variant);
  if (!differs) return;
  const wanted = [platform.os, platform.architecture, platform.variant].filter((part) => part).join('/');
  const actual = [os, architecture, variant].filter((part) => part).join('/');
  const message = `image with reference ${ref} was found but its platform (${actual}) does not match the specified platform (${wanted})`;
  throw new BerthError('not-found', 'image.platform', message);
}

/** `GET /images/{name}/json`. */
export function inspectImage(storage: ImageStorage, image: StoredImageFacts): ImageInspect {
  const { config } = image;
  const { tags, digests } = splitNames(image.names);
  return {
    Id: image.id,
    RepoTags: tags,
    RepoDigests: digests,
    Parent: image.parent,
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: withoutEmpty(config.config ?? {}),
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] === undefined ? {} : { OsVersion: config['os.version'] }),
    Size: image.size,
    GraphDriver: storage.graphDriver(image.id),
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: image.taggedMs === 0 ? ZERO_TIME : formatTimeNs(BigInt(image.taggedMs) * 1_000_000n) },
  };
}

/** `GET /images/{name}/history`: newest first; the first of them, and every one that is an image's last step, with its id. */
export function imageHistory(storage: ImageStorage, image: StoredImageFacts): ImageHistoryItem[] {
  const layers = [...image.layers];
  const steps = (image.config.history ?? []).map((step) => ({
    Created: step.created === undefined ? 0 : Number((parseTimeNs(step.created) ?? 0n) / 1_000_000_000n),
    CreatedBy: step.created_by ?? '',
    Comment: step.comment ?? '',
    Size: step.empty_layer ? 0 : (layers.shift()?.size ?? 0),
  }));
  let owner: StoredImageFacts | undefined = image;
  return steps.reverse().map((step) => {
    const { tags } = splitNames(owner?.names ?? []);
    const item = { Id: owner?.id ?? '<missing>', Tags: tags.length === 0 ? null : tags, ...step };
    owner = owner === undefined || owner.parent === '' ? undefined : storage.get(owner.parent);
    return item;
  });
}
