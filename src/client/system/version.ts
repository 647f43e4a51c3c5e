import type { VersionInfo } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

export function systemVersion(api: Api, abort?: AbortSignal): Promise<VersionInfo> {
  return sendForJson(api, { method: 'GET', path: '/version', abort });
}
