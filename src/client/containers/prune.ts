import type { ContainerPruneReport } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForJson } from '../api.ts';

/** Removes every container that does not run. */
export function pruneContainers(
  api: Api,
  filters: Readonly<Record<string, readonly string[]>> = {},
  abort?: AbortSignal,
): Promise<ContainerPruneReport> {
  const query = { filters: encodeFilters(filters) };
  return sendForJson(api, { method: 'POST', path: '/containers/prune', query, abort });
}
