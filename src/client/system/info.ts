import type { SystemInfo } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

export function systemInfo(api: Api, abort?: AbortSignal): Promise<SystemInfo> {
  return sendForJson(api, { method: 'GET', path: '/info', abort });
}
