import type { ImageListQuery, ImageSummary } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

export function listImages(
  api: Api,
  query: ImageListQuery = {},
  abort?: AbortSignal,
): Promise<readonly ImageSummary[]> {
  return sendForJson(api, {
    method: 'GET',
    path: '/images/json',
    query: {
      all: query.all,
      'shared-size': query.sharedSize,
      manifests: query.manifests,
      filters: encodeFilters(query.filters),
    },
    abort,
  });
}
