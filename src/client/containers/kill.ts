import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** @param signal name or number; SIGKILL when absent. @throws not-found, conflict when it does not run, invalid signal */
export async function killContainer(api: Api, ref: string, signal?: string, abort?: AbortSignal): Promise<void> {
  await sendOnly(api, { method: 'POST', path: `/containers/${segment(ref)}/kill`, query: { signal }, abort });
}
