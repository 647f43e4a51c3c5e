import type { ImageDeleteItem } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { imageSegment, sendForJson } from '../api.ts';

export interface RemoveImageOptions {
  readonly force?: boolean | undefined;
  /** Keep untagged parents. */
  readonly noPrune?: boolean | undefined;
  /** JSON of OCI platforms. */
  readonly platforms?: readonly string[] | undefined;
}

/** @throws not-found, conflict when containers use it */
export function removeImage(
  api: Api,
  name: string,
  options: RemoveImageOptions = {},
  abort?: AbortSignal,
): Promise<readonly ImageDeleteItem[]> {
  const query = { force: options.force, noprune: options.noPrune, platforms: options.platforms };
  return sendForJson(api, { method: 'DELETE', path: `/images/${imageSegment(name)}`, query, abort });
}
