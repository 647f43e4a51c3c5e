import type { Api } from '../api.ts';
import { imageSegment, sendOnly } from '../api.ts';

/** Gives an image another name. @param target its repository and tag. @throws not-found, invalid for a bad name */
export async function tagImage(
  api: Api,
  name: string,
  target: { readonly repository: string; readonly tag?: string | undefined },
  abort?: AbortSignal,
): Promise<void> {
  const query = { repo: target.repository, tag: target.tag };
  await sendOnly(api, { method: 'POST', path: `/images/${imageSegment(name)}/tag`, query, abort });
}
