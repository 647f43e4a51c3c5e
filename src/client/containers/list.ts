import type { ContainerListQuery, ContainerSummary } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

export function listContainers(
  api: Api,
  query: ContainerListQuery = {},
  abort?: AbortSignal,
): Promise<readonly ContainerSummary[]> {
  const { all, limit, size, filters } = query;
  return sendForJson(api, {
    method: 'GET',
    path: '/containers/json',
    query: { all, limit, size, filters: encodeFilters(filters) },
    abort,
  });
}
