import type { Readable } from 'node:stream';
import type { Api } from '../api.ts';
import { segment, sendForStream } from '../api.ts';

/** The whole filesystem as a tar. */
export function exportContainer(api: Api, ref: string, abort?: AbortSignal): Promise<Readable> {
  return sendForStream(api, { method: 'GET', path: `/containers/${segment(ref)}/export`, abort });
}
