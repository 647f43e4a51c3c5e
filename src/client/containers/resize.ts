import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** Sets the size of a container's terminal, in characters. */
export async function resizeContainer(
  api: Api,
  ref: string,
  size: { readonly rows: number; readonly cols: number },
  abort?: AbortSignal,
): Promise<void> {
  const query = { h: size.rows, w: size.cols };
  await sendOnly(api, { method: 'POST', path: `/containers/${segment(ref)}/resize`, query, abort });
}
