import type { Readable } from 'node:stream';
import type { Volume } from '#spec/docker-api/volumes.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson, sendForStream } from '../api.ts';

/** Berth's own: the content of a volume as a tar. @throws not-found */
export function exportVolume(api: Api, name: string, abort?: AbortSignal): Promise<Readable> {
  return sendForStream(api, { method: 'GET', path: `/volumes/${segment(name)}/archive`, abort });
}

/** Berth's own: unpacks a tar into a volume, which is made when it is missing. */
export function importVolume(api: Api, name: string, tar: Readable, abort?: AbortSignal): Promise<Volume> {
  const body = { kind: 'stream', stream: tar, contentType: 'application/x-tar' } as const;
  return sendForJson(api, { method: 'PUT', path: `/volumes/${segment(name)}/archive`, body, abort });
}
