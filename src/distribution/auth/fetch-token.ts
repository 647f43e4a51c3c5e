import { BerthError } from '#base/errors.ts';
import { asObject, asOptionalString, parseJson } from '#spec/oci-image/json-checks.ts';
import { type HttpRequest, shownUrl } from '../http/exchange.ts';
import type { HttpClient } from '../http/http-client.ts';
import { readBody } from '../http/read-body.ts';
import { basicHeader, type Credential } from './credential.ts';

/** A bearer token and how long it may be used. */
export interface Token {
  readonly text: string;
  readonly expiresMs: number;
  /** A refresh token, when the server gave one. */
  readonly refresh: string | undefined;
}

export interface TokenRequest {
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** Ask for a refresh token too. */
  readonly offline?: boolean;
  readonly signal: AbortSignal | undefined;
}

const TOKEN_BYTES_MAX = 1024 * 1024;
/** How long a token is good for when its server does not say (Docker's token authentication specification), seconds. */
const DEFAULT_LIFE = 60;
const CLIENT_ID = 'berth';

/**
 * Gets a token from a registry's authorization server (Docker's "Token Authentication Specification" and "OAuth2 Token
 * Authentication").
 *
 * @throws unauthorized when it refuses the credential
 */
export async function fetchToken(http: HttpClient, request: TokenRequest): Promise<Token> {
  const askedMs = Date.now();
  const sent =
    request.credential?.identityToken === undefined
      ? byGet(request)
      : byPost(request, request.credential.identityToken);
  const response = await http.send(sent);
  const body = await readBody(response, TOKEN_BYTES_MAX);
  const where = shownUrl(sent.url);
  if (response.status === 401 || response.status === 403) {
    const words = `unauthorized: the token server ${where} refused the credentials (${response.status})`;
    throw new BerthError('unauthorized', 'registry.unauthorized', words);
  }
  if (response.status !== 200) {
    const words = `failed to fetch a token from ${where}: unexpected status ${response.status}`;
    throw new BerthError(
      'unavailable',
      response.status >= 500 || response.status === 429 ? 'registry.busy' : 'registry.token',
      words,
    );
  }
  const what = `the token of ${where}`;
  const document = asObject(parseJson(body.toString(), what), what);
  const text = asOptionalString(document['token'], what) || asOptionalString(document['access_token'], what);
  if (!text)
    throw new BerthError(
      'unavailable',
      'registry.token',
      `authorization server ${where} did not include a token in the response`,
    );
  const life = Number(document['expires_in'] ?? DEFAULT_LIFE);
  return {
    text,
    expiresMs: askedMs + Math.max(Number.isFinite(life) ? life : 0, DEFAULT_LIFE) * 1000,
    refresh: asOptionalString(document['refresh_token'], what),
  };
}

function byGet({ realm, service, scopes, credential, offline, signal }: TokenRequest): HttpRequest {
  const url = realmUrl(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (offline) {
    url.searchParams.set('offline_token', 'true');
    url.searchParams.set('client_id', CLIENT_ID);
  }
  const authorization = basicHeader(credential);
  if (authorization !== undefined && credential?.username !== undefined)
    url.searchParams.set('account', credential.username);
  return { method: 'GET', url, signal, headers: authorization === undefined ? {} : { authorization } };
}

function byPost({ realm, service, scopes, signal }: TokenRequest, refresh: string): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token: refresh });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url: realmUrl(realm), signal, headers, body: Buffer.from(form.toString()) };
}

function realmUrl(realm: string): URL {
  if (URL.canParse(realm) && /^https?:/.test(realm)) return new URL(realm);
  throw new BerthError('unavailable', 'registry.token', `invalid token auth challenge realm: ${JSON.stringify(realm)}`);
}
