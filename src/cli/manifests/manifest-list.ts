/** The document that a list becomes. */
import type { ManifestListPush } from '#spec/docker-api/registries.ts';
import { DOCKER_INDEX, OCI_INDEX, OCI_MANIFEST } from '#spec/oci-image/media-types.ts';
import { parseReference } from '#spec/reference.ts';
import { ExitFailure } from '../failure.ts';
import type { ListEntry } from './list-store.ts';

/** @throws ExitFailure for an entry that does not say which processor it is for */
export function documentOf(entries: readonly ListEntry[]): { mediaType: string; text: string } {
  const mediaType = entries.some(({ document }) => document.Descriptor.mediaType === OCI_MANIFEST)
    ? OCI_INDEX
    : DOCKER_INDEX;
  const manifests = entries.map(({ name, document }) => {
    const { mediaType: type, size, digest, platform } = document.Descriptor;
    if (!platform?.architecture || !platform.os)
      throw new ExitFailure(1, `manifest ${name} must have an OS and Architecture to be pushed to a registry`);
    return { mediaType: type, size, digest, platform };
  });
  return { mediaType, text: JSON.stringify({ schemaVersion: 2, mediaType, manifests }, undefined, 3) };
}

export function pushOf(entries: readonly ListEntry[]): ManifestListPush {
  const { mediaType, text } = documentOf(entries);
  const places = entries.map(({ name, document }) => {
    const { domain, path } = parseReference(name);
    return `${domain}/${path}@${document.Descriptor.digest}`;
  });
  return { MediaType: mediaType, Raw: Buffer.from(text).toString('base64'), Entries: places };
}
