import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

export interface RestartContainerOptions {
  /** Name or number; the container's own when absent. */
  readonly signal?: string | undefined;
  /** Seconds until SIGKILL; -1 waits for ever; the container's own when absent. */
  readonly timeout?: number | undefined;
}

/** @throws not-found */
export async function restartContainer(
  api: Api,
  ref: string,
  options: RestartContainerOptions = {},
  abort?: AbortSignal,
): Promise<void> {
  const path = `/containers/${segment(ref)}/restart`;
  await sendOnly(api, { method: 'POST', path, query: { signal: options.signal, t: options.timeout }, abort });
}
