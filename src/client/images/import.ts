import type { Readable } from 'node:stream';
import type { ImageImportOptions, ProgressMessage } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { sendForLines } from '../api.ts';

/**
 * Makes an image of a root filesystem.
 *
 * @param source `-` sends `tar`; a URL is fetched by the engine
 * @returns progress; the last `status` is the image's id
 */
export function importImage(
  api: Api,
  source: string,
  tar: Readable | undefined,
  options: ImageImportOptions = {},
  abort?: AbortSignal,
): Promise<AsyncIterable<ProgressMessage>> {
  const { repository, tag, message, changes, platform } = options;
  return sendForLines(api, {
    method: 'POST',
    path: '/images/create',
    query: { fromSrc: source, repo: repository, tag, message, changes, platform },
    body: tar === undefined ? undefined : { kind: 'stream', stream: tar, contentType: 'application/x-tar' },
    abort,
  });
}
