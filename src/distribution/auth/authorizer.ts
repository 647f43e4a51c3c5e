import { BerthError } from '#base/errors.ts';
import { type HttpRequest, type HttpResponse, headerOf } from '../http/exchange.ts';
import type { HttpClient } from '../http/http-client.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { basicHeader, type Credential } from './credential.ts';
import { fetchToken, type Token } from './fetch-token.ts';

/** A token is not used in its last seconds. */
const SLACK_MS = 5_000;

/** Answers a registry's questions who is there, and remembers the answers while they are good. */
export class Authorizer {
  readonly #http: HttpClient;
  readonly #credential: Credential | undefined;
  readonly #tokens = new Map<string, Promise<Token>>();
  #challenge: Challenge | undefined;

  constructor(http: HttpClient, credential: Credential | undefined) {
    this.#http = http;
    this.#credential = credential;
  }

  /**
   * Sends a request as whoever may do what `scopes` say, asking for a token where the registry wants one.
   *
   * @param scopes in the words of Docker's token specification: `repository:NAME:pull,push`
   */
  async send(request: HttpRequest, scopes: readonly string[]): Promise<HttpResponse> {
    const first = await this.#http.send(await this.#dress(request, scopes));
    if (first.status !== 401) return first;
    const challenge = this.#choose(first);
    if (challenge === undefined) return first;
    const isNews =
      this.#challenge === undefined || this.#challenge.scheme !== challenge.scheme || challenge.scheme === 'bearer';
    this.#challenge = challenge;
    if (!isNews) return first;
    // A token that was good may have ended before its time, or was for less than this.
    this.#tokens.delete(keyOf(scopes));
    const dressed = await this.#dress(request, scopes);
    if (dressed === request) return first;
    first.body.destroy();
    return await this.#http.send(dressed);
  }

  #choose(response: HttpResponse): Challenge | undefined {
    const challenges = parseChallenges(headerOf(response, 'www-authenticate') ?? '');
    return challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic');
  }

  async #dress(request: HttpRequest, scopes: readonly string[]): Promise<HttpRequest> {
    const authorization = await this.#header(scopes, request.signal);
    return authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } };
  }

  async #header(scopes: readonly string[], signal: AbortSignal | undefined): Promise<string | undefined> {
    if (this.#credential?.registryToken !== undefined) return `Bearer ${this.#credential.registryToken}`;
    if (this.#challenge === undefined) return undefined;
    if (this.#challenge.scheme === 'basic') {
      const header = basicHeader(this.#credential);
      if (header === undefined)
        throw new BerthError('unauthorized', 'registry.no-credentials', 'no basic auth credentials');
      return header;
    }
    return `Bearer ${(await this.#token(this.#challenge, scopes, signal)).text}`;
  }

  async #token(challenge: Challenge, scopes: readonly string[], signal: AbortSignal | undefined): Promise<Token> {
    const key = keyOf(scopes);
    const known = this.#tokens.get(key);
    if (known !== undefined) {
      const token = await known.catch(() => undefined);
      if (token !== undefined && token.expiresMs - SLACK_MS > Date.now()) return token;
      if (this.#tokens.get(key) === known) this.#tokens.delete(key);
    }
    const asked = this.#tokens.get(key);
    if (asked !== undefined) return await asked;
    const { realm = '', service, scope } = challenge.parameters;
    const wanted = scopes.length > 0 ? scopes : scope === undefined ? [] : [scope];
    const fetched = fetchToken(this.#http, { realm, service, scopes: wanted, credential: this.#credential, signal });
    this.#tokens.set(key, fetched);
    fetched.catch(() => this.#tokens.delete(key));
    return await fetched;
  }
}

function keyOf(scopes: readonly string[]): string {
  return scopes.join(' ');
}
