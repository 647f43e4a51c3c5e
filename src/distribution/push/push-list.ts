import { BerthError } from '#base/errors.ts';
import type { Limiter } from '#base/limiter.ts';
import type { ManifestListPush } from '#spec/docker-api/registries.ts';
import { parseIndex } from '#spec/oci-image/manifest.ts';
import { fullName, parseReference, type Reference } from '#spec/reference.ts';
import { copyTree } from '../copy/copy-tree.ts';
import { registrySource, registryTarget } from '../copy/registry-end.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { putManifest } from './push-image.ts';

export interface PushListParts {
  /** Runs an exchange with the repository of a name. */
  readonly open: (entry: Reference, use: (client: RegistryClient) => Promise<void>) => Promise<void>;
  readonly limit: Limiter;
  readonly signal: AbortSignal;
}

/**
 * Stores a manifest list under a tag, after what it lists is in the same repository.
 *
 * @throws invalid for a list of manifests that lie in another registry
 */
export async function pushList(
  client: RegistryClient,
  tag: string,
  list: ManifestListPush,
  parts: PushListParts,
): Promise<string> {
  const bytes = Buffer.from(list.Raw, 'base64');
  const { manifests } = parseIndex(bytes.toString());
  const entries = list.Entries.map(parseReference);
  for (const { digest } of manifests) {
    const entry = entries.find((one) => one.digest === digest);
    if (entry === undefined)
      throw new BerthError('invalid', 'manifest.entry', `nothing says where ${digest} of the manifest list is`);
    const target = registryTarget(client, digest);
    await parts.open(entry, async (other) => {
      if (other.endpoint.host !== client.endpoint.host) {
        const words = `cannot use source images from a different registry than the target image: ${fullName(entry)} != ${client.endpoint.host}`;
        throw new BerthError('invalid', 'manifest.registry', words);
      }
      const { limit, signal } = parts;
      await copyTree(registrySource(other, digest), target, { platform: undefined, limit, signal, report: () => {} });
    });
  }
  return await putManifest(client, tag, { bytes, mediaType: list.MediaType });
}
