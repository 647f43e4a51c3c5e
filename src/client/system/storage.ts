import type { StorageUsage } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/** What the engine's root has on its disk; Berth's own call. @throws not-found by docker */
export function storageUsage(api: Api, abort?: AbortSignal): Promise<StorageUsage> {
  return sendForJson(api, { method: 'GET', path: '/system/storage', abort });
}
