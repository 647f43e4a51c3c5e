import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

export interface StopContainerOptions {
  /** Name or number; the container's own when absent. */
  readonly signal?: string | undefined;
  /** Seconds until SIGKILL; -1 waits for ever; the container's own when absent. */
  readonly timeout?: number | undefined;
}

/** @throws not-found; stopping one that is stopped is no error */
export async function stopContainer(
  api: Api,
  ref: string,
  options: StopContainerOptions = {},
  abort?: AbortSignal,
): Promise<void> {
  const path = `/containers/${segment(ref)}/stop`;
  await sendOnly(api, { method: 'POST', path, query: { signal: options.signal, t: options.timeout }, abort });
}
