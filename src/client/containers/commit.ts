import type { ContainerConfig, Loose } from '#spec/docker-api/containers.ts';
import type { CommitOptions } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/** Makes an image of a container's filesystem and configuration. @returns the image's id */
export function commitContainer(
  api: Api,
  ref: string,
  options: CommitOptions = {},
  config?: Loose<ContainerConfig>,
  abort?: AbortSignal,
): Promise<{ readonly Id: string }> {
  const { repository, tag, comment, author, pause, changes } = options;
  return sendForJson(api, {
    method: 'POST',
    path: '/commit',
    query: { container: ref, repo: repository, tag, comment, author, pause, changes },
    body: { kind: 'json', value: config ?? null },
    abort,
  });
}
