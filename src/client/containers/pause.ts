import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** @throws not-found, conflict when it is not running */
export async function pauseContainer(api: Api, ref: string, abort?: AbortSignal): Promise<void> {
  await sendOnly(api, { method: 'POST', path: `/containers/${segment(ref)}/pause`, abort });
}
