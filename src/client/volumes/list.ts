import type { VolumeListResponse } from '#spec/docker-api/volumes.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

export function listVolumes(
  api: Api,
  filters: Readonly<Record<string, readonly string[]>> = {},
  abort?: AbortSignal,
): Promise<VolumeListResponse> {
  return sendForJson(api, { method: 'GET', path: '/volumes', query: { filters: encodeFilters(filters) }, abort });
}
