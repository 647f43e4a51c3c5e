import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** Sets the size of an exec's terminal, in characters. */
export async function resizeExec(
  api: Api,
  id: string,
  size: { readonly rows: number; readonly cols: number },
  abort?: AbortSignal,
): Promise<void> {
  const query = { h: size.rows, w: size.cols };
  await sendOnly(api, { method: 'POST', path: `/exec/${segment(id)}/resize`, query, abort });
}
