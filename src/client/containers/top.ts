import type { ContainerTopResponse } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

/** @param psArgs options of ps(1), `-ef` when absent. @throws not-found, conflict when it does not run */
export function topContainer(
  api: Api,
  ref: string,
  psArgs?: string,
  abort?: AbortSignal,
): Promise<ContainerTopResponse> {
  const path = `/containers/${segment(ref)}/top`;
  return sendForJson(api, { method: 'GET', path, query: { ps_args: psArgs }, abort });
}
