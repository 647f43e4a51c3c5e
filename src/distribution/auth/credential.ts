/** What a user proves to a registry who he is with. */
export interface Credential {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A refresh token, instead of a password. */
  readonly identityToken?: string | undefined;
  /** A token that is sent as it is. */
  readonly registryToken?: string | undefined;
}

/** The header of HTTP's basic authentication; undefined when there is no name and password. */
export function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential?.username === undefined || credential.password === undefined) return undefined;
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
}
