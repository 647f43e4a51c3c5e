/** What older versions of the API had and newer ones do not, for clients that still speak them. */
import type { ImageInspect, ImageSummary } from '#spec/docker-api/images.ts';
import type { DiskUsage } from '#spec/docker-api/system.ts';

/** True for versions before another one: `isBefore('1.41', '1.44')`. */
export function isBefore(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

/** Images had a second size until 1.43, and `<none>` for the name that they lack until 1.42. */
export function imagesFor(version: string, images: readonly ImageSummary[]): unknown {
  if (!isBefore(version, '1.44')) return images;
  return images.map((image) => {
    const isNameless = (image.RepoTags ?? []).length === 0 && (image.RepoDigests ?? []).length === 0;
    const names =
      isNameless && isBefore(version, '1.43')
        ? { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] }
        : undefined;
    return { ...image, ...names, VirtualSize: image.Size };
  });
}

/** The container that an image was made from was part of it until 1.44. */
export function imageFor(version: string, image: ImageInspect): unknown {
  if (!isBefore(version, '1.45')) return image;
  const size = isBefore(version, '1.44') ? { VirtualSize: image.Size } : {};
  const created = image.Created === undefined || image.Created === '' ? { Created: '0001-01-01T00:00:00Z' } : {};
  const madeFrom = { Container: '', ContainerConfig: null };
  return { ...image, ...madeFrom, ...size, ...(isBefore(version, '1.44') ? created : {}) };
}

/** The usage of the disk names images in the same older form, and until 1.41 the builder's part. */
export function usageFor(version: string, usage: DiskUsage): unknown {
  const builder = isBefore(version, '1.42') ? { BuilderSize: 0 } : {};
  return { ...usage, Images: imagesFor(version, usage.Images ?? []), ...builder };
}
