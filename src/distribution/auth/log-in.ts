import { BerthError } from '#base/errors.ts';
import { headerOf } from '../http/exchange.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { registryError } from '../registry/registry-error.ts';
import { parseChallenges } from './challenge.ts';
import { basicHeader, type Credential } from './credential.ts';
import { fetchToken } from './fetch-token.ts';

export interface LoggedIn {
  /** A token to keep instead of the password, when the registry gave one. */
  readonly identityToken: string | undefined;
}

/**
 * Shows a credential to a registry.
 *
 * @throws unauthorized in Docker's words when it is refused
 */
export async function logIn(
  http: HttpClient,
  endpoint: Endpoint,
  credential: Credential,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const url = await new RegistryClient(http, endpoint, undefined, signal).base();
  const refused = (status: number) =>
    new BerthError(
      'unauthorized',
      'registry.unauthorized',
      `login attempt to ${url.href} failed with status: ${status} Unauthorized`,
    );
  const first = await http.send({ method: 'GET', url, signal });
  first.body.resume();
  if (first.status === 200) return { identityToken: undefined };
  if (first.status !== 401) throw await registryError(first, 'login');
  const challenges = parseChallenges(headerOf(first, 'www-authenticate') ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  let authorization = basicHeader(credential);
  let identityToken: string | undefined;
  if (bearer !== undefined) {
    const { realm = '', service } = bearer.parameters;
    const token = await fetchToken(http, { realm, service, scopes: [], credential, offline: true, signal });
    authorization = `Bearer ${token.text}`;
    identityToken = token.refresh;
  }
  const second = await http.send({
    method: 'GET',
    url,
    signal,
    headers: authorization === undefined ? {} : { authorization },
  });
  second.body.resume();
  if (second.status === 200) return { identityToken };
  if (second.status === 401) throw refused(second.status);
  throw await registryError(second, 'login');
}
