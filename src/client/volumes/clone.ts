import type { Volume, VolumeCloneRequest } from '#spec/docker-api/volumes.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

/** Berth's own: a volume with the same content. @throws not-found, conflict when the new name is taken */
export function cloneVolume(api: Api, name: string, request: VolumeCloneRequest, abort?: AbortSignal): Promise<Volume> {
  const body = { kind: 'json', value: request } as const;
  return sendForJson(api, { method: 'POST', path: `/volumes/${segment(name)}/clone`, body, abort });
}
