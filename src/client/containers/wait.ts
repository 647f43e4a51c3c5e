import type { ContainerWaitResponse, WaitCondition } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, send } from '../api.ts';
import { bodyJson } from '../response.ts';

/**
 * Resolves when the engine has armed the wait, so that the container can be started after it without a race; `done` is the
 * exit. @throws not-found
 */
export async function waitContainer(
  api: Api,
  ref: string,
  condition?: WaitCondition,
  abort?: AbortSignal,
): Promise<{ readonly done: Promise<ContainerWaitResponse> }> {
  const path = `/containers/${segment(ref)}/wait`;
  const response = await send(api, { method: 'POST', path, query: { condition }, abort });
  const done = bodyJson<ContainerWaitResponse>(response);
  // Nobody has to look at `done`: an abort of an unobserved wait is no unhandled rejection.
  done.catch(() => {});
  return { done };
}
