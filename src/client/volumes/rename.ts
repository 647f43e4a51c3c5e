import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** Berth's own. @throws not-found, conflict when the new name is taken */
export async function renameVolume(api: Api, name: string, next: string, abort?: AbortSignal): Promise<void> {
  await sendOnly(api, { method: 'POST', path: `/volumes/${segment(name)}/rename`, query: { name: next }, abort });
}
