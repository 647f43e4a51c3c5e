import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** Starting one that runs already is no error. @throws not-found, internal with the runtime's message */
export async function startContainer(
  api: Api,
  ref: string,
  options: { readonly detachKeys?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<void> {
  const path = `/containers/${segment(ref)}/start`;
  await sendOnly(api, { method: 'POST', path, query: { detachKeys: options.detachKeys }, abort });
}
