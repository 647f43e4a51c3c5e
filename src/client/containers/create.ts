import type { ContainerCreateRequest, ContainerCreateResponse } from '#spec/docker-api/containers.ts';
import { type ApiHeaders, CALLER_HEADER, START_FOLLOWS_HEADER } from '#spec/docker-api/exchange.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

export interface CreateContainerOptions {
  readonly name?: string | undefined;
  /** `os[/arch[/variant]]` */
  readonly platform?: string | undefined;
  /** The caller starts it next, which saves the engine some work. */
  readonly startFollows?: boolean | undefined;
}

/** The user at the keyboard, also behind sudo: directories that the engine makes for binds become theirs. */
function callerHeader(): ApiHeaders {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const { SUDO_UID, SUDO_GID } = process.env;
  const isId = (text: string | undefined) => text !== undefined && /^\d{1,10}$/.test(text);
  const isSudo = uid === 0 && isId(SUDO_UID) && isId(SUDO_GID);
  return { [CALLER_HEADER]: isSudo ? `${SUDO_UID}:${SUDO_GID}` : `${uid}:${gid}` };
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
    headers: { ...callerHeader(), ...(options.startFollows ? { [START_FOLLOWS_HEADER]: '1' } : {}) },
    body: { kind: 'json', value: request },
    abort,
  });
}
