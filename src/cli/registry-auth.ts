/** What the user has for a registry, as the API wants it. */
import type { AuthConfig, RegistryCredential } from '#spec/docker-api/registries.ts';
import { DEFAULT_DOMAIN, type Reference } from '#spec/reference.ts';
import type { Context } from './command.ts';
import { ExitFailure } from './failure.ts';

/** The name of Docker's own registry among credentials. */
export const HUB = 'https://index.docker.io/v1/';

/** Under which name the credentials for an image's registry are kept. */
export function serverOf({ domain }: Pick<Reference, 'domain'>): string {
  return domain === DEFAULT_DOMAIN ? HUB : domain;
}

/** The value of `X-Registry-Auth` for an image; undefined when the user has nothing for its registry. */
export async function registryAuthFor(
  context: Context,
  reference: Pick<Reference, 'domain'>,
): Promise<string | undefined> {
  return await registryAuthForServer(context, serverOf(reference));
}

/** The value of `X-Registry-Config`: what the user has for the registries of some images; undefined when that is nothing. */
export async function registryConfigFor(
  context: Context,
  references: readonly Pick<Reference, 'domain'>[],
): Promise<string | undefined> {
  const store = await context.credentials?.(context.options);
  const found: Record<string, AuthConfig> = {};
  for (const server of new Set(references.map(serverOf))) {
    const credential = await store?.get(server);
    if (credential !== undefined) found[server] = toAuthConfig(server, credential);
  }
  return Object.keys(found).length === 0 ? undefined : encodeAuth(found);
}

/** The same for a registry by the name that credentials are kept under. */
export async function registryAuthForServer(context: Context, server: string): Promise<string | undefined> {
  const credential = await (await context.credentials?.(context.options))?.get(server);
  return credential === undefined ? undefined : encodeAuth(toAuthConfig(server, credential));
}

/** The name that credentials for a server are kept under, from what a user wrote; nothing means Docker's own registry. */
export function serverKey(given: string): string {
  const host = given.replace(/^https?:\/\//, '').split('/')[0]!;
  return ['', 'docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host) ? HUB : host;
}

export function toAuthConfig(server: string, credential: RegistryCredential): AuthConfig {
  return {
    username: credential.username,
    password: credential.password,
    serveraddress: server,
    identitytoken: credential.identityToken,
    registrytoken: credential.registryToken,
  };
}

function encodeAuth(config: AuthConfig | Readonly<Record<string, AuthConfig>>): string {
  return Buffer.from(JSON.stringify(config)).toString('base64url');
}

/** @throws ExitFailure when the user asks for signatures to be checked: silence would be taken for a check */
export function refuseContentTrust(context: Pick<Context, 'env'>, disabled: boolean): void {
  const wanted = ['1', 'true'].includes(context.env['DOCKER_CONTENT_TRUST'] ?? '');
  if (!disabled || wanted)
    throw new ExitFailure(
      1,
      'content trust is not supported: unset DOCKER_CONTENT_TRUST, and leave --disable-content-trust alone',
    );
}
