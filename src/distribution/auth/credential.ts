import type { RegistryCredential } from '#spec/docker-api/registries.ts';

export type Credential = RegistryCredential;

/** The header of HTTP's basic authentication; undefined when there is no name and password. */
export function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential?.username === undefined || credential.password === undefined) return undefined;
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
}
