/** The credential that a request brings for a registry. */
import { BerthError } from '#base/errors.ts';
import type { RegistryCredential } from '#spec/docker-api/registries.ts';

/** Fields of docker's `AuthConfig`. */
interface AuthConfig {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
  readonly serveraddress?: unknown;
  readonly identitytoken?: unknown;
  readonly registrytoken?: unknown;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads `X-Registry-Auth`: base64 (of either alphabet) of JSON.
 *
 * @param name of the header, in lower case
 * @returns undefined when it is absent or says nothing
 * @throws invalid when it cannot be read
 */
export function registryCredential(
  headers: Headers | undefined,
  name = 'x-registry-auth',
): RegistryCredential | undefined {
  return toCredential(readHeader(headers, name, 'X-Registry-Auth'));
}

/**
 * Reads `X-Registry-Config`: the same for several registries, by the names that credentials are kept under.
 *
 * @throws invalid when it cannot be read
 */
export function registryCredentials(headers: Headers | undefined): Readonly<Record<string, RegistryCredential>> {
  const document = readHeader(headers, 'x-registry-config', 'X-Registry-Config');
  return Object.fromEntries(
    Object.entries(document ?? {}).flatMap(([server, config]) => {
      const credential = toCredential(config);
      return credential === undefined ? [] : [[server, credential] as const];
    }),
  );
}

function readHeader(headers: Headers | undefined, name: string, shown: string): unknown {
  const value = headers?.[name];
  const text = typeof value === 'string' ? value : value?.[0];
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new BerthError('invalid', 'api.registry-auth', `invalid ${shown} header: invalid JSON`, { cause });
  }
}

/** @returns undefined when an `AuthConfig` says nothing */
export function toCredential(document: unknown): RegistryCredential | undefined {
  const config = (typeof document === 'object' && document !== null ? document : {}) as AuthConfig;
  const text = (field: unknown) => (typeof field === 'string' && field !== '' ? field : undefined);
  const [, user, secret] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(text(config.auth) ?? '', 'base64').toString('utf8')) ?? [];
  const credential = {
    username: text(config.username) ?? user,
    password: text(config.password) ?? secret,
    identityToken: text(config.identitytoken),
    registryToken: text(config.registrytoken),
  };
  return Object.values(credential).every((field) => field === undefined) ? undefined : credential;
}
