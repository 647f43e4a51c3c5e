import type { DiskUsage, DiskUsageType } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/** @param types only these kinds of objects; all when empty */
export function diskUsage(api: Api, types: readonly DiskUsageType[] = [], abort?: AbortSignal): Promise<DiskUsage> {
  return sendForJson(api, { method: 'GET', path: '/system/df', query: { type: types }, abort });
}
