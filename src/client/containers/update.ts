import type { ContainerUpdateRequest, ContainerUpdateResponse } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

export function updateContainer(
  api: Api,
  ref: string,
  request: ContainerUpdateRequest,
  abort?: AbortSignal,
): Promise<ContainerUpdateResponse> {
  const path = `/containers/${segment(ref)}/update`;
  return sendForJson(api, { method: 'POST', path, body: { kind: 'json', value: request }, abort });
}
