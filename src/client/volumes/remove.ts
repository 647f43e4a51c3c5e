import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** @throws not-found unless forced, conflict while a container uses it */
export async function removeVolume(
  api: Api,
  name: string,
  options: { readonly force?: boolean } = {},
  abort?: AbortSignal,
): Promise<void> {
  const query = options.force ? { force: true } : {};
  await sendOnly(api, { method: 'DELETE', path: `/volumes/${segment(name)}`, query, abort });
}
