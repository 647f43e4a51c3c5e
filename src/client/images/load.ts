import type { Readable } from 'node:stream';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { sendForLines } from '../api.ts';

export interface LoadImageOptions {
  readonly quiet?: boolean | undefined;
  /** JSON of an OCI platform. */
  readonly platform?: string | undefined;
}

/** Loads images from a docker or OCI archive. Failures after the head are a message with `error`. */
export function loadImages(
  api: Api,
  archive: Readable,
  options: LoadImageOptions = {},
  abort?: AbortSignal,
): Promise<AsyncIterable<ProgressMessage>> {
  return sendForLines(api, {
    method: 'POST',
    path: '/images/load',
    query: { quiet: options.quiet, platform: options.platform },
    body: { kind: 'stream', stream: archive, contentType: 'application/x-tar' },
    abort,
  });
}
