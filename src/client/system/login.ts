import type { AuthAnswer, AuthConfig } from '#spec/docker-api/registries.ts';
import type { Api } from '../api.ts';
import { sendForJson } from '../api.ts';

/** Shows a credential to a registry. @throws unauthorized when it is refused */
export function logIn(api: Api, config: AuthConfig, abort?: AbortSignal): Promise<AuthAnswer> {
  return sendForJson(api, { method: 'POST', path: '/auth', body: { kind: 'json', value: config }, abort });
}
