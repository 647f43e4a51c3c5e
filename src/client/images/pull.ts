import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { sendForLines } from '../api.ts';

export interface PullImageOptions {
  readonly tag?: string | undefined;
  readonly platform?: string | undefined;
  /** Value of `X-Registry-Auth`. */
  readonly registryAuth?: string | undefined;
}

export function pullImage(
  api: Api,
  image: string,
  options: PullImageOptions = {},
  abort?: AbortSignal,
): Promise<AsyncIterable<ProgressMessage>> {
  return sendForLines(api, {
    method: 'POST',
    path: '/images/create',
    query: { fromImage: image, tag: options.tag, platform: options.platform },
    headers: options.registryAuth === undefined ? {} : { 'x-registry-auth': options.registryAuth },
    abort,
  });
}
