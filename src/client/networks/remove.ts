import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** @throws not-found, forbidden while containers run in it */
export async function removeNetwork(api: Api, ref: string, abort?: AbortSignal): Promise<void> {
  await sendOnly(api, { method: 'DELETE', path: `/networks/${segment(ref)}`, abort });
}
