import type { ImageInspect } from '#spec/docker-api/images.ts';
import type { DistributionInspect } from '#spec/docker-api/registries.ts';
import type { Api } from '../api.ts';
import { imageSegment, sendForJson } from '../api.ts';

/** What an image's name leads to in its registry. @param options `registryAuth`: value of `X-Registry-Auth`. @throws not-found */
export function inspectRemoteImage(
  api: Api,
  name: string,
  options: { readonly registryAuth?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<DistributionInspect> {
  const headers = options.registryAuth === undefined ? {} : { 'x-registry-auth': options.registryAuth };
  return sendForJson(api, { method: 'GET', path: `/distribution/${imageSegment(name)}/json`, headers, abort });
}

/** What an image in a registry says of itself, without its layers; Berth's own call. @throws not-found */
export function inspectInRegistry(
  api: Api,
  name: string,
  options: { readonly registryAuth?: string | undefined; readonly platform?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<Omit<ImageInspect, 'GraphDriver' | 'Metadata'>> {
  const headers = options.registryAuth === undefined ? {} : { 'x-registry-auth': options.registryAuth };
  const path = `/distribution/${imageSegment(name)}/image`;
  return sendForJson(api, { method: 'GET', path, query: { platform: options.platform }, headers, abort });
}
