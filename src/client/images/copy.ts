import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { sendForLines } from '../api.ts';

export interface CopyImageOptions {
  readonly platform?: string | undefined;
  /** Value of `X-Registry-Auth` for the source. */
  readonly fromAuth?: string | undefined;
  /** The same for the destination. */
  readonly toAuth?: string | undefined;
}

/**
 * Copies an image from one place to another; Berth's own call. Paths are those of the engine's machine, and absolute.
 *
 * @param from a name in the store, `docker://NAME`, `oci:FOLDER[:TAG]`, `oci-archive:FILE[:TAG]` or `docker-archive:FILE[:NAME]`
 */
export function copyImage(
  api: Api,
  from: string,
  to: string,
  options: CopyImageOptions = {},
  abort?: AbortSignal,
): Promise<AsyncIterable<ProgressMessage>> {
  const headers = {
    ...(options.fromAuth === undefined ? {} : { 'x-registry-auth': options.fromAuth }),
    ...(options.toAuth === undefined ? {} : { 'x-registry-auth-destination': options.toAuth }),
  };
  return sendForLines(api, {
    method: 'POST',
    path: '/images/copy',
    query: { from, to, platform: options.platform },
    headers,
    abort,
  });
}
