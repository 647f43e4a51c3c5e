import type { ContainerWaitResponse, WaitCondition } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, send } from '../api.ts';
import { bodyJson } from '../response.ts';

/** The result, or the signal's reason should it abort first. */
async function untilAborted<T>(result: Promise<T>, abort: AbortSignal | undefined): Promise<T> {
  if (abort === undefined) return result;
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(abort.reason);
  abort.addEventListener('abort', stop, { once: true });
  if (abort.aborted) stop();
  try {
    return await Promise.race([result, aborted.promise]);
  } finally {
    abort.removeEventListener('abort', stop);
  }
}

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
  const done = untilAborted(bodyJson<ContainerWaitResponse>(response), abort);
  // Nobody has to look at `done`: an abort of an unobserved wait is no unhandled rejection.
  done.catch(() => {});
  return { done };
}
