import type { ImageHistoryItem } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { imageSegment, sendForJson } from '../api.ts';

/** Newest step first. @param options `platform` as JSON of an OCI platform. @throws not-found */
export function imageHistory(
  api: Api,
  name: string,
  options: { readonly platform?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<readonly ImageHistoryItem[]> {
  const path = `/images/${imageSegment(name)}/history`;
  return sendForJson(api, { method: 'GET', path, query: { platform: options.platform }, abort });
}
