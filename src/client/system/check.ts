import type { StateCheckReport } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/** Checks the engine's state; Berth's own call. @param options `repair`: also mend what can be. @throws not-found by docker */
export function checkState(
  api: Api,
  options: { readonly repair?: boolean | undefined } = {},
  abort?: AbortSignal,
): Promise<StateCheckReport> {
  return sendForJson(api, { method: 'POST', path: '/system/fsck', query: { repair: options.repair }, abort });
}
