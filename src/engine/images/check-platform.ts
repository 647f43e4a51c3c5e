import { BerthError } from '#base/errors.ts';
import type { ImagePlatform } from './api.ts';

function describe({ os = '', architecture = '', variant = '' }: ImagePlatform): string {
  return [os, architecture, variant].filter((part) => part !== '').join('/');
}

/** @throws not-found when the image is for another platform than the one asked for */
export function checkPlatform(image: ImagePlatform, wanted: ImagePlatform | undefined, name: string): void {
  if (wanted === undefined) return;
  const differs =
    (wanted.os !== undefined && wanted.os !== image.os) ||
    (wanted.architecture !== undefined && wanted.architecture !== image.architecture) ||
    (wanted.variant !== undefined && image.variant !== undefined && wanted.variant !== image.variant);
  if (!differs) return;
  const message = `image with reference ${name} was found but its platform (${describe(image)}) does not match the specified platform (${describe(wanted)})`;
  throw new BerthError('not-found', 'image.platform', message);
}
