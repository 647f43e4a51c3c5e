import type { Api } from '../api.ts';
import { segment, send } from '../api.ts';
import type { Hijacked } from '../hijacked.ts';
import { hijackedFrom } from '../hijacked.ts';

export interface AttachContainerOptions {
  readonly stdin?: boolean | undefined;
  readonly stdout?: boolean | undefined;
  readonly stderr?: boolean | undefined;
  /** Live bytes. */
  readonly stream?: boolean | undefined;
  /** What the log holds, first. */
  readonly logs?: boolean | undefined;
  readonly detachKeys?: string | undefined;
}

/** Works before the start too: the connection is then made by the start. @throws not-found, conflict when paused */
export async function attachContainer(
  api: Api,
  ref: string,
  options: AttachContainerOptions = {},
  abort?: AbortSignal,
): Promise<Hijacked> {
  const { stdin, stdout, stderr, stream, logs, detachKeys } = options;
  const response = await send(api, {
    method: 'POST',
    path: `/containers/${segment(ref)}/attach`,
    query: { stdin, stdout, stderr, stream, logs, detachKeys },
    upgrade: true,
    abort,
  });
  return hijackedFrom(response);
}
