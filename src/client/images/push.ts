import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { imageSegment, sendForLines } from '../api.ts';

export interface PushImageOptions {
  /** All tags of the repository when absent. */
  readonly tag?: string | undefined;
  /** JSON of an OCI platform. */
  readonly platform?: string | undefined;
  /** Value of `X-Registry-Auth`. */
  readonly registryAuth?: string | undefined;
}

/** `{}` for nobody: the API wants the header. */
const NOBODY = Buffer.from('{}').toString('base64url');

/** Sends an image to its registry. @param image name without tag. @throws not-found */
export function pushImage(
  api: Api,
  image: string,
  options: PushImageOptions = {},
  abort?: AbortSignal,
): Promise<AsyncIterable<ProgressMessage>> {
  return sendForLines(api, {
    method: 'POST',
    path: `/images/${imageSegment(image)}/push`,
    query: { tag: options.tag, platform: options.platform },
    headers: { 'x-registry-auth': options.registryAuth ?? NOBODY },
    abort,
  });
}
