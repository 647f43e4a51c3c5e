import type { ImageInspect } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { imageSegment, sendForJson } from '../api.ts';

/** @param options `platform` as JSON of an OCI platform. @throws not-found ("No such image: x") */
export function inspectImage(
  api: Api,
  name: string,
  options: { readonly platform?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<ImageInspect> {
  const path = `/images/${imageSegment(name)}/json`;
  return sendForJson(api, { method: 'GET', path, query: { platform: options.platform }, abort });
}
