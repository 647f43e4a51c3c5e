import type { Readable } from 'node:stream';
import type { Api } from '../api.ts';
import { sendForStream } from '../api.ts';

/** Images as one archive that `load` reads. @param options `platform` as JSON of an OCI platform. @throws not-found */
export function saveImages(
  api: Api,
  names: readonly string[],
  options: { readonly platform?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<Readable> {
  const query = { names, platform: options.platform };
  return sendForStream(api, { method: 'GET', path: '/images/get', query, abort });
}
