import type { ContainerInspect } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

/** @param options `size`: also compute `SizeRw` and `SizeRootFs`. @throws not-found */
export function inspectContainer(
  api: Api,
  ref: string,
  options: { readonly size?: boolean | undefined } = {},
  abort?: AbortSignal,
): Promise<ContainerInspect> {
  const path = `/containers/${segment(ref)}/json`;
  return sendForJson(api, { method: 'GET', path, query: { size: options.size }, abort });
}
