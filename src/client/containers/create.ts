import type { ContainerCreateRequest, ContainerCreateResponse } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

export interface CreateContainerOptions {
  readonly name?: string | undefined;
  /** `os[/arch[/variant]]` */
  readonly platform?: string | undefined;
}

/** @throws not-found ("No such image: x"), conflict for a name in use, invalid for a bad configuration */
export function createContainer(
  api: Api,
  request: ContainerCreateRequest,
  options: CreateContainerOptions = {},
  abort?: AbortSignal,
): Promise<ContainerCreateResponse> {
  return sendForJson(api, {
    method: 'POST',
    path: '/containers/create',
    query: { name: options.name, platform: options.platform },
    body: { kind: 'json', value: request },
    abort,
  });
}
