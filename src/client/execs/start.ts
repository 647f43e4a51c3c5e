import type { ExecStartConfig } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, send, sendOnly } from '../api.ts';
import type { Hijacked } from '../hijacked.ts';
import { hijackedFrom } from '../hijacked.ts';

/** Starts an exec and stays connected to it. @throws not-found, conflict, invalid with the runtime's message */
export async function startExec(
  api: Api,
  id: string,
  config: Omit<ExecStartConfig, 'Detach'> = {},
  abort?: AbortSignal,
): Promise<Hijacked> {
  const response = await send(api, {
    method: 'POST',
    path: `/exec/${segment(id)}/start`,
    body: { kind: 'json', value: { ...config, Detach: false } },
    upgrade: true,
    abort,
  });
  return hijackedFrom(response);
}

/** Starts an exec and leaves it alone. */
export async function startExecDetached(
  api: Api,
  id: string,
  config: Omit<ExecStartConfig, 'Detach'> = {},
  abort?: AbortSignal,
): Promise<void> {
  const path = `/exec/${segment(id)}/start`;
  await sendOnly(api, { method: 'POST', path, body: { kind: 'json', value: { ...config, Detach: true } }, abort });
}
