import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/**
 * What creating and starting a container would ask of the kernel, in plain words; nothing is created. Berth's own call: other
 * engines do not have it. @throws what create throws
 */
export async function explainContainer(
  api: Api,
  request: ContainerCreateRequest,
  options: { readonly platform?: string | undefined } = {},
  abort?: AbortSignal,
): Promise<string> {
  const { Text: text } = await sendForJson<{ readonly Text: string }>(api, {
    method: 'POST',
    path: '/containers/explain',
    query: { platform: options.platform },
    body: { kind: 'json', value: request },
    abort,
  });
  return text;
}
