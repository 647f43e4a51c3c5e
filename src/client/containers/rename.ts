import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** @throws not-found, conflict when the name is taken, invalid for a name that is none */
export async function renameContainer(api: Api, ref: string, name: string, abort?: AbortSignal): Promise<void> {
  await sendOnly(api, { method: 'POST', path: `/containers/${segment(ref)}/rename`, query: { name }, abort });
}
