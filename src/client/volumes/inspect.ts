import type { Volume } from '#spec/docker-api/volumes.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

/** @throws not-found ("get x: no such volume") */
export function inspectVolume(api: Api, name: string, abort?: AbortSignal): Promise<Volume> {
  return sendForJson(api, { method: 'GET', path: `/volumes/${segment(name)}`, abort });
}
