import type { Volume, VolumeCreateRequest } from '#spec/docker-api/volumes.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/** Makes a volume, or returns the one of that name. @throws invalid for a name or options that are none */
export function createVolume(api: Api, request: VolumeCreateRequest, abort?: AbortSignal): Promise<Volume> {
  return sendForJson(api, { method: 'POST', path: '/volumes/create', body: { kind: 'json', value: request }, abort });
}
